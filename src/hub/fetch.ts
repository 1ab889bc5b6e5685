import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { download, everyTenth, megabytes } from '../download/index.js';
import { InputError, unknownName } from '../errors.js';
import {
  describeFiles,
  describeRevision,
  HubFailure,
  type HubFileInfo,
  hubHeaders,
  refusal,
} from './client.js';
import { KINDS } from './kinds.js';
import { checkInside, filesBelow, type HubRepository, isFile, RepositoryCache } from './layout.js';
import { type HubOptions, type HubSettings, hubSettings } from './settings.js';

/** A revision of a repository: which commit it is, and its files. */
export interface HubSnapshot {
  repository: HubRepository;
  commit: string;
  files: readonly string[];
  /** False where the hub was not asked: `files` are those that are here. */
  isOnline: boolean;
  /** The folder that they are, or will be, in. */
  folder: string;
}

/**
 * Brings one file of a model's repository and gives its path: one that was put there by hand, or is in the hub's cache, is
 * used as it is; else it is downloaded there, continued where it broke off, and its size and checksum checked.
 *
 * @throws InputError that tells the address and where to put the file by hand
 */
export async function fetchHubFile(
  { repository: name, file, revision = 'main' }: { repository: string; file: string; revision?: string },
  options: HubOptions = {},
): Promise<string> {
  const settings = hubSettings(options);
  const repository: HubRepository = { type: 'model', name, revision };
  const here = await present(repository, file, settings);
  if (here !== undefined) return here;
  const snapshot = await openSnapshot(repository, options, file);
  const [path] = await fetchFromSnapshot(snapshot, [file], options);
  return path as string;
}

/**
 * Looks a revision up. Where the hub cannot be reached, or is not to be, what is in the cache counts.
 *
 * @param file what it is wanted for, for the message. @default any of its files
 * @throws InputError where there is no such repository, or the hub is out of reach and nothing of it in the cache
 */
export async function openSnapshot(
  repository: HubRepository,
  options: HubOptions = {},
  file?: string,
): Promise<HubSnapshot> {
  const settings = hubSettings(options);
  const cache = new RepositoryCache(settings.cache, repository);
  try {
    if (settings.offline) throw new HubFailure('HF_HUB_OFFLINE is set, and it is not in the cache', false);
    const { commit, files } = await describeRevision(repository, settings);
    await cache.writeRef(commit);
    return { repository, commit, files, isOnline: true, folder: cache.folder(commit) };
  } catch (error) {
    if (!(error instanceof HubFailure)) throw error;
    const here = error.isAnswer
      ? undefined
      : ((await snapshotByHand(repository, options)) ?? (await cachedSnapshot(cache)));
    if (here === undefined) throw failed(repository, file, error.reason, settings);
    return here;
  }
}

/** What was put here of a repository by hand; undefined where nothing was. */
export async function snapshotByHand(
  repository: HubRepository,
  options: HubOptions = {},
): Promise<HubSnapshot | undefined> {
  const { type, name } = repository;
  const folder = join(hubSettings(options).own, KINDS[type].byHand, name);
  return offlineSnapshot(repository, folder, '');
}

async function cachedSnapshot(cache: RepositoryCache): Promise<HubSnapshot | undefined> {
  const commit = await cache.commit();
  return commit === undefined ? undefined : offlineSnapshot(cache.repository, cache.folder(commit), commit);
}

async function offlineSnapshot(
  repository: HubRepository,
  folder: string,
  commit: string,
): Promise<HubSnapshot | undefined> {
  const files = await filesBelow(folder);
  return files.length > 0 ? { repository, commit, files, isOnline: false, folder } : undefined;
}

/** Brings files of a revision that was looked up, and gives their paths; all lie in one folder, as in the repository. */
export async function fetchFromSnapshot(
  { repository, commit, files: known, isOnline, folder }: HubSnapshot,
  files: readonly string[],
  options: HubOptions = {},
): Promise<string[]> {
  const settings = hubSettings(options);
  const cache = new RepositoryCache(settings.cache, repository);
  for (const file of files) checkInside('file of the repository', file);
  const paths = files.map((file) => join(folder, file));
  const isPresent = await Promise.all(paths.map(isFile));
  const missing = files.filter((_, i) => !isPresent[i]);
  for (const file of missing) {
    if (isOnline && !known.includes(file)) throw unknownName(`file of ${repository.name}`, file, known);
    if (!isOnline)
      throw failed(repository, file, 'the hub is out of reach, and it is not in the cache', settings);
  }
  if (missing.length === 0) return paths;
  try {
    for (const info of await describeFiles(repository, commit, missing, settings)) {
      await receive(cache, commit, info, settings);
    }
  } catch (error) {
    if (error instanceof HubFailure) throw failed(repository, missing[0] as string, error.reason, settings);
    throw error;
  }
  return paths;
}

async function receive(
  cache: RepositoryCache,
  commit: string,
  { file, bytes, sha256, gitBlob }: HubFileInfo,
  settings: HubSettings,
): Promise<void> {
  const { repository } = cache;
  const checksum = (sha256 ?? gitBlob) as string;
  const blob = cache.blob(checksum);
  await mkdir(dirname(blob), { recursive: true });
  if (bytes === 0) await writeFile(blob, '');
  if (!(await isFile(blob))) {
    const { endpoint, onProgress, onDownload } = settings;
    const label = `Fetching ${file} of ${repository.name}`;
    if (!onDownload) onProgress(`${label} (${megabytes(bytes)})`);
    const tell = everyTenth(label, onProgress);
    const url = address({ ...repository, revision: commit }, file, endpoint);
    await download({ url, bytes, sha256, gitBlob }, blob, {
      headers: hubHeaders(settings),
      part: `${blob}.incomplete`,
      onProgress: onDownload ?? (({ received, total }) => tell(received, total)),
    }).catch((error: unknown) => {
      if (!(error instanceof InputError)) throw error;
      const status = /the server answered (\d+)/.exec(error.message)?.[1];
      const known =
        status && ['401', '403'].includes(status) ? refusal(Number(status), repository) : undefined;
      throw failed(repository, file, known ?? error.message.replace(/\.$/, ''), settings);
    });
  }
  await cache.link(checksum, commit, file);
}

/** A file of the hub: its address, and where it lies or would lie here. */
export interface HubPlaces {
  url: string;
  /** The repository's folder in the hub's cache. */
  cache: string;
  /** Where it is looked for when it was fetched by other means. */
  byHand: string;
  /** The file, where it is here already. */
  path?: string;
}

/** Where a file of a model's repository comes from and goes to; nothing is downloaded. */
export async function locateHubFile(
  { repository: name, file, revision = 'main' }: { repository: string; file: string; revision?: string },
  options: HubOptions = {},
): Promise<HubPlaces> {
  const settings = hubSettings(options);
  const repository: HubRepository = { type: 'model', name, revision };
  const path = await present(repository, file, settings);
  return {
    url: address(repository, file, settings.endpoint),
    cache: new RepositoryCache(settings.cache, repository).root,
    byHand: placeByHand(repository, file, settings),
    ...(path !== undefined && { path }),
  };
}

async function present(
  repository: HubRepository,
  file: string,
  settings: HubSettings,
): Promise<string | undefined> {
  const byHand = placeByHand(repository, file, settings);
  if (await isFile(byHand)) return byHand;
  return new RepositoryCache(settings.cache, repository).find(file);
}

/** Where a file that was fetched by other means is looked for. */
function placeByHand({ type, name }: HubRepository, file: string, { own }: Pick<HubSettings, 'own'>): string {
  checkInside('file of the repository', file);
  return join(own, KINDS[type].byHand, name, file);
}

/** The page address of a file. */
export function address({ type, name, revision }: HubRepository, file: string, endpoint: string): string {
  const path = file.split('/').map(encodeURIComponent).join('/');
  return `${endpoint}/${KINDS[type].prefix}${name}/resolve/${encodeURIComponent(revision)}/${path}`;
}

function failed(
  repository: HubRepository,
  file: string | undefined,
  reason: string,
  settings: HubSettings,
): InputError {
  const { type, name, revision } = repository;
  const { title, prefix, byHand, elsewhere } = KINDS[type];
  const { endpoint, own } = settings;
  const [what, from, place] =
    file === undefined
      ? [
          `The ${title} ${name}`,
          `the files of ${endpoint}/${prefix}${name}/tree/${encodeURIComponent(revision)}`,
          `below ${join(own, byHand, name)}`,
        ]
      : [
          `The file ${file} of ${name}`,
          address(repository, file, endpoint),
          `at ${placeByHand(repository, file, settings)}`,
        ];
  return new InputError(
    `${what} could not be fetched from the Hugging Face hub: ${reason}. ` +
      `Fetch ${from} by other means and put ${file === undefined ? 'them' : 'it'} ${place}, ${elsewhere}.`,
  );
}
