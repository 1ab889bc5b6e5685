import { HubApiError, pathsInfo } from '@huggingface/hub';
import { InputError } from '../errors.js';
import { KINDS } from './kinds.js';
import type { HubRepository } from './layout.js';
import type { HubSettings } from './settings.js';

/** What the hub says of a file. */
export interface HubFileInfo {
  file: string;
  bytes: number;
  /** Of the content, for large files. */
  sha256?: string;
  /** Git's name of the content, for small ones. */
  gitBlob?: string;
}

const PATIENCE_MS = 30_000;

/** Why the hub did not give something; `isAnswer` where it was reached and refused. */
export class HubFailure extends InputError {
  constructor(
    readonly reason: string,
    readonly isAnswer: boolean,
  ) {
    super(reason);
  }
}

/** The headers of every request. */
export function hubHeaders({ token }: HubSettings): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** The commit that a revision is, and the paths of all its files. */
export async function describeRevision(
  repository: HubRepository,
  settings: HubSettings,
): Promise<{ commit: string; files: string[] }> {
  const { type, name, revision } = repository;
  const question = { name, revision, hubUrl: settings.endpoint, fetch: requests(settings) };
  const { commit, files } = await asked(repository, () => KINDS[type].describe(question));
  if (!/^[0-9a-f]{40}$/.test(String(commit)) || !Array.isArray(files)) {
    throw new HubFailure(`${settings.endpoint} did not say which commit ${revision} of ${name} is`, true);
  }
  return { commit: commit as string, files: files.map(String) };
}

/** Sizes and checksums of files of a commit. */
export async function describeFiles(
  { type, name }: HubRepository,
  commit: string,
  files: readonly string[],
  settings: HubSettings,
): Promise<HubFileInfo[]> {
  const infos = await asked({ type, name, revision: commit }, () =>
    pathsInfo({
      repo: { type, name },
      paths: [...files],
      revision: commit,
      hubUrl: settings.endpoint,
      fetch: requests(settings),
    }),
  );
  return files.map((file) => {
    const info = infos.find(({ path }) => path === file);
    const bytes = info?.lfs?.size ?? info?.size;
    const [sha256, gitBlob] = info?.lfs ? [info.lfs.oid] : [undefined, info?.oid];
    const isKnown = /^[0-9a-f]{64}$/.test(sha256 ?? '') || /^[0-9a-f]{40}$/.test(gitBlob ?? '');
    if (!isKnown || !Number.isSafeInteger(bytes)) {
      throw new HubFailure(`${settings.endpoint} gave no size and checksum of ${file} in ${name}`, true);
    }
    return { file, bytes: bytes as number, ...(sha256 ? { sha256 } : { gitBlob: gitBlob as string }) };
  });
}

/** fetch() with a time limit and the token, which the library takes only in the hub's own form. */
function requests(settings: HubSettings): typeof fetch {
  return (input, init) =>
    fetch(input, {
      ...init,
      headers: { ...(init?.headers as Record<string, string>), ...hubHeaders(settings) },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
}

async function asked<T>(repository: HubRepository, request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    if (error instanceof HubApiError) throw new HubFailure(refusal(error.statusCode, repository), true);
    throw new HubFailure(unreachable(error), false);
  }
}

/** A status of the hub in words. It answers 401 for what does not exist as for what is private. */
export function refusal(status: number, { name, revision }: HubRepository): string {
  if (status === 401) {
    const hint = process.env.HF_TOKEN
      ? 'or the token in HF_TOKEN may not read it'
      : 'or it needs a token in HF_TOKEN';
    return `the hub answered 401: there is no repository ${name}, ${hint}`;
  }
  if (status === 403) {
    return `the hub answered 403: accept the conditions on the page of ${name}, and set HF_TOKEN to a token that may read it`;
  }
  if (status === 404)
    return `the hub answered 404: there is no repository ${name} with a revision ${revision}`;
  return `the hub answered ${status}`;
}

/** fetch() says only "fetch failed" and keeps the reason as the cause. */
function unreachable(error: unknown): string {
  const { message, cause } = error as Error & { cause?: { message?: string; code?: string } };
  const reason = cause?.message || cause?.code;
  return reason ? `${message} (${reason})` : message;
}
