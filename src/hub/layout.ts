import { copyFile, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { getRepoFolderName } from '@huggingface/hub';
import { invalid } from '../errors.js';
import type { RepositoryType } from './kinds.js';

/** A repository on the hub, at a revision. */
export interface HubRepository {
  type: RepositoryType;
  /** `owner/name` */
  name: string;
  /** Branch, tag or commit. */
  revision: string;
}

const COMMIT = /^[0-9a-f]{40}$/;

/** Refuses a path or revision that would lead out of the cache. */
export function checkInside(kind: string, path: string): void {
  const parts = path.split('/');
  if (path.includes('\\') || path.includes(':') || parts.some((part) => ['', '.', '..'].includes(part))) {
    throw invalid(kind, 'a relative path without ..', path);
  }
}

/**
 * The cache of the hub's Python client: a folder a repository, with `blobs/<checksum>`, `refs/<revision>` (a text file with
 * the commit) and `snapshots/<commit>/<path>` (a link to a blob).
 */
export class RepositoryCache {
  /** The repository's folder. */
  readonly root: string;

  constructor(
    cache: string,
    readonly repository: HubRepository,
  ) {
    checkInside('revision', repository.revision);
    this.root = join(cache, getRepoFolderName({ type: repository.type, name: repository.name }));
  }

  /** The commit that the revision was, when it was last looked up; undefined where it never was. */
  async commit(): Promise<string | undefined> {
    const { revision } = this.repository;
    if (COMMIT.test(revision)) return revision;
    const text = await readFile(join(this.root, 'refs', revision), 'utf8').catch(() => '');
    return COMMIT.test(text.trim()) ? text.trim() : undefined;
  }

  /** The folder of a commit's files, whether they are there or not. */
  folder(commit: string): string {
    return join(this.root, 'snapshots', commit);
  }

  /** Path of a blob. */
  blob(checksum: string): string {
    return join(this.root, 'blobs', checksum);
  }

  /** A file of the revision that is here already. */
  async find(file: string): Promise<string | undefined> {
    const commit = await this.commit();
    if (commit === undefined) return undefined;
    const path = join(this.folder(commit), file);
    return (await isFile(path)) ? path : undefined;
  }

  /** Notes which commit the revision is. */
  async writeRef(commit: string): Promise<void> {
    const { revision } = this.repository;
    if (COMMIT.test(revision)) return;
    const path = join(this.root, 'refs', revision);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, commit);
  }

  /** Gives a blob its name in a commit, and returns that path. */
  async link(checksum: string, commit: string, file: string): Promise<string> {
    const [blob, path] = [this.blob(checksum), join(this.folder(commit), file)];
    if (await isFile(path)) return path;
    await mkdir(dirname(path), { recursive: true });
    await rm(path, { force: true });
    // Windows allows links to few; the hub's client copies there too.
    await symlink(relative(dirname(path), blob), path).catch(() => copyFile(blob, path));
    return path;
  }
}

/** Whether there is a file, also behind a link. */
export async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}

/** The files below a folder, as paths with `/`; none where there is no folder. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true }).catch(() => []);
  const found: string[] = [];
  for (const entry of entries) {
    if (await isFile(join(folder, entry))) found.push(entry.split(sep).join('/'));
  }
  return found.sort();
}
