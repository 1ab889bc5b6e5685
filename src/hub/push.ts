import { openAsBlob } from 'node:fs';
import { join } from 'node:path';
import { createRepo, HubApiError, uploadFiles } from '@huggingface/hub';
import { InputError } from '../errors.js';
import { filesBelow } from './layout.js';
import { type HubOptions, hubSettings } from './settings.js';

/** What was pushed. */
export interface Pushed {
  /** Address of the repository. */
  url: string;
  /** Of the hub's git. */
  commit: string;
  files: number;
}

/** How a model is pushed. */
export interface PushOptions extends Pick<HubOptions, 'onProgress'> {
  /** Whether a repository that is made for it is seen by its owner only. @default true */
  isPrivate?: boolean;
  /** Title of the commit. */
  title?: string;
}

const REPOSITORY = /^(?:hf:)?([\w.-]+\/[\w.-]+)$/;
const EXISTS = 409;

/**
 * The name of a model's repository in `hf:OWNER/REPO`.
 *
 * @throws InputError for anything else
 */
export function repositoryNamed(target: string): string {
  const name = REPOSITORY.exec(target)?.[1];
  if (name !== undefined) return name;
  throw new InputError(`Expected hf:OWNER/REPO as the place to push to, received '${target}'.`);
}

/**
 * The token for writing to the hub.
 *
 * @throws InputError where there is none, with the way to one
 */
export function writeToken(): `hf_${string}` {
  const { token } = hubSettings();
  if (token?.startsWith('hf_')) return token as `hf_${string}`;
  throw new InputError(
    token === undefined
      ? 'Pushing to the Hugging Face hub needs a token that may write: make one in your settings there, and set HF_TOKEN to it.'
      : 'HF_TOKEN is no token of the Hugging Face hub: they begin with hf_. Make one in your settings there.',
  );
}

/**
 * Pushes the files of a folder to a model's repository on the Hugging Face hub, in one commit. The repository is made where there
 * is none. Files of its that the folder lacks stay.
 *
 * @param target `hf:OWNER/REPO`
 * @throws InputError without a token, without a network, and for what the hub refuses
 */
export async function pushFolder(
  folder: string,
  target: string,
  { isPrivate = true, title = 'Upload a model', onProgress }: PushOptions = {},
): Promise<Pushed> {
  const name = repositoryNamed(target);
  const accessToken = writeToken();
  const { endpoint: hubUrl, offline, onProgress: say } = hubSettings(onProgress && { onProgress });
  if (offline) throw new InputError(`HF_HUB_OFFLINE is set: nothing is pushed to ${name}. Unset it.`);
  const repo = { type: 'model', name } as const;
  const visibility = isPrivate ? 'private' : 'public';
  await asked(name, hubUrl, () => createRepo({ repo, accessToken, hubUrl, visibility }).catch(unlessThere));
  const paths = await filesBelow(folder);
  say(`Pushing ${paths.length} files to ${hubUrl}/${name}`);
  const files = await Promise.all(
    paths.map(async (path) => ({ path, content: await openAsBlob(join(folder, path)) })),
  );
  const output = await asked(name, hubUrl, () =>
    uploadFiles({ repo, files, accessToken, hubUrl, commitTitle: title }),
  );
  return { url: `${hubUrl}/${name}`, commit: output?.commit.oid ?? '', files: paths.length };
}

function unlessThere(error: unknown): void {
  if (!(error instanceof HubApiError) || error.statusCode !== EXISTS) throw error;
}

async function asked<T>(name: string, hubUrl: string, request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    const failure = error as Error & { cause?: { message?: string; code?: string } };
    const reason = failure.cause?.message || failure.cause?.code || failure.message;
    if (!(error instanceof HubApiError))
      throw new InputError(`${hubUrl} could not be reached (${reason}): nothing was pushed to ${name}.`);
    const { statusCode } = error;
    const hint =
      statusCode === 401 || statusCode === 403
        ? `the token in HF_TOKEN may not write to ${name}`
        : error.message;
    throw new InputError(`The hub answered ${statusCode}: ${hint}. Nothing was pushed.`);
  }
}
