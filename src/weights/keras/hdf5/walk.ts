import * as h5wasm from 'h5wasm/node';
import type { WeightTensor, WeightType } from '../../../model/weights.js';
import { ELEMENT_BYTES, elementCount, isShape, typedView } from '../../tensor-types.js';
import { readText } from './text-attribute.js';
import { childPath, type Hdf5Group, type Hdf5Request } from './tree.js';

type Metadata = ReturnType<typeof h5wasm.Module.get_dataset_metadata>;

/** Classes of types in HDF5. */
const [INTEGER, FLOAT, STRING, OPAQUE, ENUMERATION] = [0, 1, 3, 5, 8];

/** Keras nests models, which nobody does this often. */
const DEEPEST = 64;
const MOST_OBJECTS = 1_000_000;
/** What packed datasets may unpack to in all: this much, or this many times the file. */
const UNPACKED_FLOOR = 64 * 2 ** 20;
const UNPACKED_RATIO = 20;
/** The library reads this much of a tensor at a time, so that its own memory, which never shrinks, stays small. */
const BYTES_AT_ONCE = 8 * 2 ** 20;

/** Reads an open file from its root down. */
export class Hdf5Walk {
  private objects = 0;
  private plainBytes = 0;
  private packedBytes = 0;

  constructor(
    private readonly file: bigint,
    private readonly request: Hdf5Request,
  ) {}

  /** A group and everything below it. */
  group(path = '/', depth = 0): Hdf5Group {
    if (depth > DEEPEST) throw new Error(`groups lie more than ${DEEPEST} deep`);
    const { Module } = h5wasm;
    const group: Hdf5Group = { attributes: this.attributes(path), groups: new Map(), tensors: new Map() };
    for (const name of Module.get_names(this.file, path, false)) {
      this.objects += 1;
      if (this.objects > MOST_OBJECTS) throw new Error(`it has more than ${MOST_OBJECTS} objects`);
      const child = childPath(path, name);
      if (this.request.skip.includes(child)) continue;
      const type = Module.get_type(this.file, child);
      if (type === Module.H5G_GROUP) group.groups.set(name, this.group(child, depth + 1));
      else if (type === Module.H5G_DATASET) {
        const tensor = this.tensor(child);
        if (tensor !== undefined) group.tensors.set(name, tensor);
      } else throw new Error(`'${child}' is neither a group nor a dataset`);
    }
    return group;
  }

  private attributes(path: string): Hdf5Group['attributes'] {
    const found: Hdf5Group['attributes'] = new Map();
    for (const name of h5wasm.Module.get_attribute_names(this.file, path)) {
      const metadata = h5wasm.Module.get_attribute_metadata(this.file, path, name);
      if (metadata.total_size === 0) found.set(name, []);
      if (metadata.type !== STRING || metadata.total_size === 0) continue;
      if (metadata.size * metadata.total_size > this.request.size) {
        throw new Error(`attribute '${name}' of '${path}' claims to be longer than the file`);
      }
      found.set(name, readText(this.file, path, name, metadata));
    }
    return found;
  }

  private tensor(path: string): WeightTensor | undefined {
    const metadata = h5wasm.Module.get_dataset_metadata(this.file, path);
    const { shape, size } = metadata;
    const dtype = this.dtype(path, metadata);
    if (dtype === undefined) return undefined;
    if (!isShape(shape)) throw new Error(`'${path}' has the shape [${shape}]`);
    this.claim(path, metadata, elementCount(shape) * size);
    const bytes = new Uint8Array(elementCount(shape) * size);
    this.fill(path, metadata, bytes);
    return { dtype, shape, data: typedView(bytes, dtype) };
  }

  /** The project's name for a type; undefined for one that no weight has. */
  private dtype(path: string, { type, size, signed, vlen }: Metadata): WeightType | undefined {
    if (vlen) return undefined;
    const found = TYPES.find(
      (row) => row.type === type && ELEMENT_BYTES[row.dtype] === size && (row.signed ?? signed) === signed,
    )?.dtype;
    if (found !== 'bfloat16') return found;
    // HDF5 has no bfloat16: Keras 3 writes its bytes and says so beside them.
    return this.attributes(path).get('dtype') === 'bfloat16' ? found : undefined;
  }

  /** Counts what is about to be allocated against what a file of this size can hold. */
  private claim(path: string, { virtual_sources: virtual }: Metadata, bytes: number): void {
    const { size } = this.request;
    if (virtual !== undefined) throw new Error(`'${path}' lies in other files`);
    const packed = h5wasm.Module.get_dataset_filters(this.file, path).length > 0;
    if (packed) this.packedBytes += bytes;
    else this.plainBytes += bytes;
    const most = Math.max(UNPACKED_FLOOR, UNPACKED_RATIO * size);
    if (!(this.plainBytes <= size && this.packedBytes <= most)) {
      throw new Error(`'${path}' claims ${bytes} bytes, more than a file of ${size} bytes holds`);
    }
  }

  private fill(path: string, { shape, size, chunks }: Metadata, bytes: Uint8Array): void {
    const { Module } = h5wasm;
    if (bytes.length === 0) return;
    const [rows = 1, ...rest] = shape as number[];
    const rowBytes = elementCount(rest) * size;
    // Whole chunks, so that none is unpacked twice.
    const chunkRows = chunks?.[0] || 1;
    const rowsAtOnce = Math.min(
      rows,
      chunkRows * Math.max(1, Math.floor(BYTES_AT_ONCE / (rowBytes * chunkRows))),
    );
    const memory = Module._malloc(rowsAtOnce * rowBytes);
    if (memory === 0) throw new Error(`there is no memory for '${path}'`);
    try {
      for (let row = 0; row < rows; row += rowsAtOnce) {
        const count = Math.min(rowsAtOnce, rows - row);
        const whole = count === rows;
        const big = (values: readonly number[]): bigint[] => values.map(BigInt);
        const status = Module.get_dataset_data(
          this.file,
          path,
          whole ? null : big([count, ...rest]),
          whole ? null : big([row, ...rest.map(() => 0)]),
          whole ? null : big([1, ...rest.map(() => 1)]),
          BigInt(memory),
        );
        if (status < 0) throw new Error(`'${path}' cannot be read`);
        bytes.set(Module.HEAPU8.subarray(memory, memory + count * rowBytes), row * rowBytes);
        Atomics.add(this.request.progress, 0, 1);
      }
    } finally {
      Module._free(memory);
    }
  }
}

const TYPES: readonly { type: number; dtype: WeightType; signed?: boolean }[] = [
  { type: FLOAT, dtype: 'float32' },
  { type: FLOAT, dtype: 'float64' },
  { type: FLOAT, dtype: 'float16' },
  { type: OPAQUE, dtype: 'bfloat16' },
  { type: INTEGER, dtype: 'int32', signed: true },
  { type: INTEGER, dtype: 'int64', signed: true },
  { type: INTEGER, dtype: 'uint8', signed: false },
  { type: ENUMERATION, dtype: 'bool' },
];
