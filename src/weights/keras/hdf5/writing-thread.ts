import { parentPort, workerData } from 'node:worker_threads';
import * as h5wasm from 'h5wasm/node';
import type { Hdf5Done, Hdf5Step } from './write.js';

// The thread that writes one file and ends: the library's memory, which never shrinks, goes back with it. HDF5 notes when a
// dataset was made; with a clock that stands still, equal models give equal files.
Date.now = () => 0;

const { path: filePath } = workerData as { path: string };
await h5wasm.ready;
const file = new h5wasm.File(filePath, 'w');

parentPort?.on('message', (step: Hdf5Step) => {
  parentPort?.postMessage(done(step));
});

function done(step: Hdf5Step): Hdf5Done {
  try {
    write(step);
    return {};
  } catch (error) {
    return { failure: (error as Error).message };
  }
}

function write(step: Hdf5Step): void {
  switch (step.kind) {
    case 'group': {
      const [parent, name] = placeOf(step.path);
      parent.create_group(name);
      return;
    }
    case 'text':
      writeText(groupAt(step.path), step.name, step.value);
      return;
    case 'tensor': {
      const [parent, name] = placeOf(step.path);
      parent.create_dataset({ name, data: step.data, shape: [...step.shape], dtype: '<f4' });
      return;
    }
    case 'end':
      if (file.close() < 0) throw new Error('the file cannot be closed');
  }
}

function writeText(group: h5wasm.Group, name: string, value: string | string[]): void {
  // An empty list of names is one of numbers where numpy writes it.
  if (value.length === 0 && typeof value !== 'string') group.create_attribute(name, new Float64Array(0), [0]);
  else if (typeof value === 'string') group.create_attribute(name, value, []);
  else group.create_attribute(name, value);
}

function placeOf(path: string): [parent: h5wasm.Group, name: string] {
  const slash = path.lastIndexOf('/');
  return [groupAt(path.slice(0, slash)), path.slice(slash + 1)];
}

function groupAt(path: string): h5wasm.Group {
  return path === '/' || path === '' ? file : (file.get(path) as h5wasm.Group);
}
