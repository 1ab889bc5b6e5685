import type { WeightTensor } from '../../../model/weights.js';

/** A group of an HDF5 file, with everything below it. Attributes are kept where they are text. */
export interface Hdf5Group {
  attributes: Map<string, string | string[]>;
  groups: Map<string, Hdf5Group>;
  /** Datasets of types that weights have; others are left out. */
  tensors: Map<string, WeightTensor>;
}

/** A group with nothing below it yet, to be filled. */
export function emptyGroup(attributes: Iterable<readonly [string, string | string[]]> = []): Hdf5Group {
  return { attributes: new Map(attributes), groups: new Map(), tensors: new Map() };
}

/** Where an HDF5 file lies: bytes `offset` to `offset + size` of a file, or memory. */
export interface Hdf5Place {
  /** For messages, and to be read where `bytes` are not given. */
  path: string;
  offset: number;
  size: number;
  bytes?: Uint8Array;
}

/** What the thread that reads is started with. */
export interface Hdf5Request extends Hdf5Place {
  /** Groups that are not read, `/a/b`. */
  skip: readonly string[];
  /** Counts what the thread has read, so that one that hangs is seen from outside. */
  progress: Int32Array;
}

/** What it answers. */
export type Hdf5Answer = { root: Hdf5Group } | { failure: string };

/** The place of a group or dataset inside its file, `/a/b`. */
export function childPath(path: string, name: string): string {
  return path === '/' ? `/${name}` : `${path}/${name}`;
}

/** Tensors of a group and of all below it, by path without the leading slash. */
export function* tensorsOf(group: Hdf5Group, path = ''): Generator<[string, WeightTensor]> {
  for (const [name, tensor] of group.tensors) yield [`${path}${name}`, tensor];
  for (const [name, child] of group.groups) yield* tensorsOf(child, `${path}${name}/`);
}

/** The list of strings that an attribute holds; undefined where there is none. */
export function stringsOf(group: Hdf5Group, name: string): string[] | undefined {
  const value = group.attributes.get(name);
  return value === undefined ? undefined : [value].flat();
}
