import type { Worker } from 'node:worker_threads';
import { toFloat32 } from '../../to-float32.js';
import { makeFileAside } from '../../write-aside.js';
import { startThread } from './start-thread.js';
import { childPath, type Hdf5Group } from './tree.js';

/** One thing that the thread writes next. */
export type Hdf5Step =
  | { kind: 'group'; path: string }
  | { kind: 'text'; path: string; name: string; value: string | string[] }
  | { kind: 'tensor'; path: string; shape: readonly number[]; data: Float32Array }
  | { kind: 'end' };

/** What it answers to each: the message of what went wrong, or nothing. */
export interface Hdf5Done {
  failure?: string;
}

/** HDF5 keeps an attribute, of 16 bytes a string, in a header of at most 64 KiB, some of which is its own. */
const MOST_STRINGS = 4000;

/**
 * Writes an HDF5 file, aside and renamed: the tree that `readHdf5` gives. Tensors are float32. Equal trees give equal bytes.
 *
 * Of a list of strings that is too long for HDF5 the attribute becomes `name0`, `name1`, ..., as Keras has it.
 */
export async function writeHdf5(path: string, root: Hdf5Group): Promise<void> {
  await makeFileAside(path, async (aside) => {
    const worker = startThread('writing-thread', { path: aside });
    try {
      await sendAll(worker, stepsOf(root));
    } finally {
      await worker.terminate();
    }
  });
}

/** Sends one step at a time: what is under way takes no more memory than the largest tensor. */
function sendAll(worker: Worker, steps: Iterator<Hdf5Step>): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => reject(new Error(`HDF5 cannot be written: ${reason}`));
    const send = () => {
      const { value, done } = steps.next();
      if (done) resolve();
      else worker.postMessage(value);
    };
    worker.on('message', ({ failure }: Hdf5Done) => {
      if (failure === undefined) send();
      else fail(failure);
    });
    worker.on('error', ({ message }) => fail(message));
    worker.on('exit', () => fail('its writer ended before it was done'));
    send();
  });
}

function* stepsOf(root: Hdf5Group): Generator<Hdf5Step> {
  yield* groupSteps(root, '/');
  yield { kind: 'end' };
}

function* groupSteps(group: Hdf5Group, path: string): Generator<Hdf5Step> {
  if (path !== '/') yield { kind: 'group', path };
  for (const [name, value] of group.attributes) yield* textsOf(path, name, value);
  for (const [name, tensor] of group.tensors) {
    yield { kind: 'tensor', path: childPath(path, name), shape: tensor.shape, data: toFloat32(tensor) };
  }
  for (const [name, child] of group.groups) yield* groupSteps(child, childPath(path, name));
}

function* textsOf(path: string, name: string, value: string | string[]): Generator<Hdf5Step> {
  if (typeof value === 'string' || value.length <= MOST_STRINGS) {
    yield { kind: 'text', path, name, value };
    return;
  }
  for (let at = 0, piece = 0; at < value.length; at += MOST_STRINGS, piece += 1) {
    yield { kind: 'text', path, name: `${name}${piece}`, value: value.slice(at, at + MOST_STRINGS) };
  }
}
