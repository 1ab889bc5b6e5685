import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { rm } from 'node:fs/promises';
import { Zip, ZipPassThrough } from 'fflate';
import { describe } from '../tfjs/metadata.js';
import { writeFileAside } from '../write-aside.js';
import { CONFIG, METADATA, WEIGHTS } from './archive.js';
import type { KerasModelData, KerasWriteOptions } from './contents.js';
import { emptyGroup, type Hdf5Group } from './hdf5/tree.js';
import { writeHdf5 } from './hdf5/write.js';
import { describeModel, inKerasOrder } from './topology/index.js';
import { snakeCase, weightRoles } from './weight-roles.js';

/** The version whose form of JSON is written. */
const KERAS_VERSION = '3.15.1';
/** The first moment that a zip archive can tell: equal models give equal bytes. */
const NO_TIME = new Date(1980, 0, 1);

/**
 * Writes a `.keras` file, the archive of Keras 3: the topology as JSON, the weights as HDF5, stored and not packed. It is
 * written aside and renamed; equal models give equal bytes. Labels, preprocessing, image size and `metadata` lie in
 * `metadata.json`, under a key that Keras does not look at.
 *
 * @param given of layers and activations that Keras 3 has
 */
export async function writeKerasArchive(
  path: string,
  given: KerasModelData,
  { metadata = {} }: KerasWriteOptions = {},
): Promise<void> {
  const model = { ...given, topology: inKerasOrder(given.topology) };
  const { topology, imageSize } = model;
  const config = describeModel(topology, { version: 3, imageSize });
  const about = { keras_version: KERAS_VERSION, ...describe({ ...model, metadata }) };
  const weights = `${path}.${WEIGHTS}.tmp-${process.pid}`;
  try {
    await writeHdf5(weights, objectPaths(model));
    await writeFileAside(path, (file) =>
      writeZip(file, [
        [METADATA, [jsonBytes(about)]],
        [CONFIG, [jsonBytes(config)]],
        [WEIGHTS, createReadStream(weights, { highWaterMark: 2 ** 20 })],
      ]),
    );
  } finally {
    await rm(weights, { force: true });
  }
}

const jsonBytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

/** The weights by place: the class and number of the layer among the layers, and the number of the weight in it. */
function objectPaths({ topology, weights }: KerasModelData): Hdf5Group {
  const layers = emptyGroup();
  const counts = new Map<string, number>();
  for (const { name, class_name, config } of topology.config.layers) {
    const key = snakeCase(class_name);
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    const vars = emptyGroup([['name', name]]);
    (weightRoles(class_name, config) ?? []).forEach((role, i) => {
      vars.tensors.set(String(i), weights.get(`${name}/${role}`)!);
    });
    const group = emptyGroup();
    group.groups.set('vars', vars);
    layers.groups.set(count === 0 ? key : `${key}_${count}`, group);
  }
  const root = emptyGroup();
  root.groups.set('layers', layers);
  root.groups.set('vars', emptyGroup([['name', topology.config.name]]));
  return root;
}

type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Writes members one after the other, a piece at a time. */
async function writeZip(file: FileHandle, members: readonly [name: string, chunks: Chunks][]): Promise<void> {
  const ready: Uint8Array[] = [];
  const zip = new Zip((error, bytes) => {
    if (error) throw error;
    ready.push(bytes);
  });
  const flush = async () => {
    for (const bytes of ready.splice(0)) await file.writeFile(bytes);
  };
  for (const [name, chunks] of members) {
    const member = new ZipPassThrough(name);
    member.mtime = NO_TIME;
    zip.add(member);
    for await (const chunk of chunks) {
      member.push(chunk);
      await flush();
    }
    member.push(new Uint8Array(0), true);
  }
  zip.end();
  await flush();
}
