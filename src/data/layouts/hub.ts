import { extname } from 'node:path';
import { InputError, invalid } from '../../errors.js';
import {
  fetchFromSnapshot,
  type HubOptions,
  type HubRepository,
  type HubSnapshot,
  openSnapshot,
  snapshotByHand,
} from '../../hub/index.js';
import { isImage } from './image-files.js';
import type { Found, Layout, LayoutOptions } from './layout.js';
import { isParquet, splitsOf } from './parquet-files.js';
import { readParquet } from './read-parquet.js';
import { usedSplits } from './split-words.js';

const PREFIX = 'hf:';
const MAIN = 'main';
/** Where the hub keeps parquet files that it made of others. */
const CONVERTED = 'refs/convert/parquet';
const ARCHIVES = new Set(['.zip', '.tar', '.gz', '.tgz', '.7z', '.rar']);

/** A data set on the Hugging Face hub. Its parquet files are downloaded into the hub's cache, those of the splits used. */
export const hub: Layout = {
  title: 'a data set on the Hugging Face hub',
  argument: 'hf:OWNER/NAME[:CONFIG][@REVISION]',
  matches: (place) => place.startsWith(PREFIX),
  load,
};

/** A data set as it is named. */
interface Named {
  name: string;
  config?: string;
  revision: string;
}

function parse(place: string): Named {
  const found = /^hf:([\w.-]+\/[\w.-]+)(?::([^@:]+))?(?:@([^@:]+))?$/.exec(place);
  if (!found) throw invalid('--task', hub.argument, place);
  const [, name, config, revision = MAIN] = found as unknown as [string, string, string?, string?];
  return { name, revision, ...(config !== undefined && { config }) };
}

async function load(place: string, options: LayoutOptions): Promise<Found> {
  const { name, config, revision } = parse(place);
  const { cache, onProgress } = options;
  const hubOptions: HubOptions = { cache, ...(onProgress && { onDownload: onProgress }) };
  const snapshot = await parquetOf({ type: 'dataset', name, revision }, hubOptions);
  const all = splitsOf(snapshot.files.filter(isParquet), name, {
    ...(config !== undefined && { config }),
    naming: (each) => `${PREFIX}${name}:${each}`,
  });
  const { training, heldOut } = usedSplits([...all.keys()]);
  // Where splits have other names whoever makes the task says so.
  const wanted = training === undefined ? [...all.keys()] : [training, ...(heldOut ? [heldOut] : [])];
  const splits = new Map(wanted.map((split) => [split, all.get(split)!]));
  await fetchFromSnapshot(snapshot, [...splits.values()].flat(), hubOptions);
  return {
    name: config === undefined ? name.split('/')[1]! : `${name.split('/')[1]}-${config}`,
    origin: place,
    root: snapshot.folder,
    ...(await readParquet(snapshot.folder, splits, options)),
  };
}

/** The revision that has parquet files: what was put here by hand, the one that is asked for, or what the hub made of it. */
async function parquetOf(repository: HubRepository, options: HubOptions): Promise<HubSnapshot> {
  const holdsParquet = ({ files }: HubSnapshot) => files.some(isParquet);
  const byHand = await snapshotByHand(repository, options);
  if (byHand && holdsParquet(byHand)) return byHand;
  const asked = await openSnapshot(repository, options);
  if (holdsParquet(asked)) return asked;
  if (repository.revision === MAIN) {
    const converted = await openSnapshot({ ...repository, revision: CONVERTED }, options).catch(
      () => undefined,
    );
    if (converted && holdsParquet(converted)) return converted;
  }
  throw withoutParquet(repository, asked);
}

function withoutParquet({ name, revision }: HubRepository, { files }: HubSnapshot): InputError {
  const archive = files.find((file) => ARCHIVES.has(extname(file).toLowerCase()));
  const image = files.find(isImage);
  const holds =
    archive !== undefined
      ? `It has archives (${archive}): download and unpack them`
      : image !== undefined
        ? `It has image files (${image}): download them`
        : `Its files: ${files.slice(0, 10).join(', ')}${files.length > 10 ? ', ...' : ''}. Download them`;
  return new InputError(
    `The data set ${name} has no parquet files, neither in ${revision} nor in ${CONVERTED}. ` +
      `${holds}, and name the folder with --task FOLDER.`,
  );
}
