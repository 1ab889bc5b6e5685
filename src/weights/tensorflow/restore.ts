import { resolve } from 'node:path';
import { damaged } from '../../bytes/damaged.js';
import type { WeightTensor, WeightValues } from '../../model/weights.js';
import { Fragment, Graph, Session, type Tensor, TensorFlowError } from '../../tensorflow/index.js';
import { ELEMENT_BYTES, elementCount } from '../tensor-types.js';
import type { Bundle } from './bundle.js';
import { strings, typeList } from './constants.js';
import { weightType } from './element-types.js';

/** A tensor to read: its key, and the part of it, as RestoreV2 says that. */
export interface RestoreRequest {
  key: string;
  /** For example `3 4 0,2:-`; empty for the whole. */
  slice: string;
}

/** Bytes that one run brings into TensorFlow's memory, from where they are copied into ours. */
const GROUP_BYTES = 1 << 26;

/**
 * Reads values of a checkpoint through TensorFlow's own RestoreV2, which checks their checksums. Beyond the values
 * themselves it holds no more than one group of them, or the largest.
 *
 * @param requests keys of the bundle, of element types that weights have
 * @returns a tensor for each, in order
 * @throws InputError for values that TensorFlow finds damaged
 */
export async function restore(bundle: Bundle, requests: readonly RestoreRequest[]): Promise<WeightTensor[]> {
  if (requests.length === 0) return [];
  const groups = grouped(bundle, requests);
  const graph = new Graph();
  try {
    graph.import(restoreFragment(bundle, groups));
    const session = new Session(graph);
    try {
      const restored: WeightTensor[] = [];
      for (const [number, group] of groups.entries()) {
        const outputs = group.map((_, position) => `group_${number}:${position}`);
        const tensors = await session.run([], outputs).catch((error: unknown) => {
          throw error instanceof TensorFlowError ? unreadable(bundle, error) : error;
        });
        restored.push(...takeAll(tensors));
      }
      return restored;
    } finally {
      await session.close();
    }
  } finally {
    graph.dispose();
  }
}

function grouped(bundle: Bundle, requests: readonly RestoreRequest[]): RestoreRequest[][] {
  const groups: RestoreRequest[][] = [];
  let room = 0;
  for (const request of requests) {
    const { shape, dtype } = bundle.entries.get(request.key)!;
    const size = elementCount(shape) * ELEMENT_BYTES[weightType(dtype)!];
    if (size > room || groups.length === 0) {
      groups.push([]);
      room = GROUP_BYTES;
    }
    groups.at(-1)!.push(request);
    room -= size;
  }
  return groups;
}

function restoreFragment(bundle: Bundle, groups: readonly RestoreRequest[][]): Fragment {
  const fragment = new Fragment();
  // An absolute path, so that no prefix is taken for the address of another file system.
  const prefix = strings(fragment, [resolve(bundle.prefix)], []);
  groups.forEach((group, number) => {
    const [keys, slices] = [group.map(({ key }) => key), group.map(({ slice }) => slice)];
    const types = group.map(({ key }) => bundle.entries.get(key)!.dtype);
    fragment.op(
      'RestoreV2',
      [prefix, strings(fragment, keys, [keys.length]), strings(fragment, slices, [slices.length])],
      { dtypes: typeList(types) },
      `group_${number}`,
    );
  });
  return fragment;
}

/** Copies tensors into memory of our own and gives TensorFlow's back, one after the other. */
function takeAll(tensors: readonly Tensor[]): WeightTensor[] {
  try {
    return tensors.map((tensor) => {
      const data = tensor.data.slice() as WeightValues;
      const taken = { dtype: tensor.dtype, shape: tensor.shape, data };
      tensor.dispose();
      return taken;
    });
  } finally {
    for (const tensor of tensors) tensor.dispose();
  }
}

function unreadable({ prefix }: Bundle, error: TensorFlowError): Error {
  const [reason = ''] = error.message.split('\n');
  return damaged(`the checkpoint ${prefix}`, 'values that TensorFlow can read', reason);
}
