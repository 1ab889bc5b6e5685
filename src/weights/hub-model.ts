import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { InputError } from '../errors.js';
import { fetchFromSnapshot, type HubOptions, openSnapshot } from '../hub/index.js';
import { layoutOf, layoutOfFile } from './model-layout.js';

/** A model on the hub. */
export interface HubModel {
  /** `owner/name` */
  repository: string;
  /** Branch, tag or commit. */
  revision: string;
  /** Left out: found by the names of the files. */
  file?: string;
}

/**
 * Brings a model of the hub and gives the path that a reader takes. Its `config.json`, where there is one, lies beside
 * it.
 *
 * @throws InputError where it cannot be told which files are the model, or they cannot be had
 */
export async function fetchHubModel(
  { repository: name, revision, file }: HubModel,
  options: HubOptions = {},
): Promise<string> {
  const snapshot = await openSnapshot({ type: 'model', name, revision }, options, file ?? 'config.json');
  const { files, folder } = snapshot;
  const layout = file === undefined ? layoutOf(files) : layoutOfFile(file, files);
  if (layout === undefined) {
    const names = files.length === 0 ? 'none' : files.join(', ');
    throw new InputError(
      `It cannot be told which file of ${name} is the model. Name it: --base hf:${name}/FILE. Its files: ${names}.`,
    );
  }
  await fetchFromSnapshot(snapshot, layout.needs, options);
  if (layout.entry.endsWith('model.json')) {
    const manifest = await readFile(join(folder, layout.entry), 'utf8');
    await fetchFromSnapshot(snapshot, shardsOf(manifest, layout.entry, name), options);
  }
  return join(folder, layout.entry);
}

function shardsOf(text: string, entry: string, name: string): string[] {
  const paths = shardPaths(text);
  if (paths === undefined) {
    throw new InputError(`${entry} of ${name} is no tfjs model: it lists no files of weights.`);
  }
  return paths.map((path) => posix.join(posix.dirname(entry), path));
}

/** The files of weights that a tfjs model.json lists; undefined where it is none. */
export function shardPaths(text: string): string[] | undefined {
  try {
    const { weightsManifest } = JSON.parse(text) as { weightsManifest?: { paths: string[] }[] };
    const paths = weightsManifest?.flatMap((group) => group.paths);
    return paths?.every((path) => typeof path === 'string') ? paths : undefined;
  } catch {
    return undefined;
  }
}
