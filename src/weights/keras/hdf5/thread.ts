import { parentPort, workerData } from 'node:worker_threads';
import * as h5wasm from 'h5wasm/node';
import type { WeightTensor } from '../../../model/weights.js';
import { type Hdf5Answer, type Hdf5Group, type Hdf5Request, tensorsOf } from './tree.js';
import { installVirtualFile, VIRTUAL_PATH } from './virtual-file.js';
import { Hdf5Walk } from './walk.js';

// The thread that reads one file and ends. HDF5's library aborts, grows or spins on some damaged files: in a thread of its
// own it can be stopped, and its memory goes back.
const request = workerData as Hdf5Request;
await h5wasm.ready;
const complaint = installVirtualFile(request);
const answer = read();
const tensors: WeightTensor[] =
  'root' in answer ? [...tensorsOf(answer.root)].map(([, tensor]) => tensor) : [];
parentPort?.postMessage(
  answer,
  tensors.map(({ data }) => data.buffer as ArrayBuffer),
);

function read(): Hdf5Answer {
  try {
    return { root: readRoot() };
  } catch (error) {
    return { failure: `${(error as Error).message}${complaint() ? ` (${complaint()})` : ''}` };
  }
}

function readRoot(): Hdf5Group {
  const { Module } = h5wasm;
  const anyVersion = -1;
  const file = Module.open(VIRTUAL_PATH, Module.H5F_ACC_RDONLY, false, anyVersion, anyVersion);
  if (file < 0n) throw new Error('it cannot be opened');
  try {
    return new Hdf5Walk(file, request).group();
  } finally {
    Module.close_file(file);
  }
}
