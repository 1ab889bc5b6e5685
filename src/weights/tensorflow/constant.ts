import { damaged } from '../../bytes/damaged.js';
import { InputError } from '../../errors.js';
import type { WeightTensor, WeightType, WeightValues } from '../../model/weights.js';
import { ELEMENT_BYTES, elementCount, isShape, typedView } from '../tensor-types.js';
import { STRING, typeName, weightType } from './element-types.js';
import {
  bigintField,
  bytesField,
  doubleField,
  type Fields,
  floatField,
  integerField,
  readFields,
} from './proto-reader.js';
import { readShape } from './shapes.js';

/** Bytes of constants that are stored as one value for all elements: there a small file may claim any size. */
const MOST_REPEATED_BYTES = 1 << 26;

/** Reads constants of one file. */
export class ConstantReader {
  #repeatedBytes = 0;

  constructor(readonly path: string) {}

  /**
   * The value of a Const node, a copy; undefined where it is text.
   *
   * @param value the encoded AttrValue of `value`
   */
  read(node: string, value: Uint8Array): WeightTensor | undefined {
    let tensor: Uint8Array | undefined;
    readFields(this.path, value, {
      8: bytesField((bytes) => {
        tensor = bytes;
      }),
    });
    if (tensor === undefined) throw damaged(this.path, `a value of the constant '${node}'`, 'none');
    return this.#decode(node, tensor);
  }

  #decode(node: string, bytes: Uint8Array): WeightTensor | undefined {
    let number = 0;
    let shape: number[] | undefined = [];
    let content: Uint8Array | undefined;
    const header: Fields = {
      1: integerField((dtype) => {
        number = dtype;
      }),
      2: bytesField((encoded) => {
        shape = readShape(this.path, encoded);
      }),
      4: bytesField((packed) => {
        content = packed;
      }),
    };
    readFields(this.path, bytes, header);
    if (number === STRING) return undefined;
    const dtype = weightType(number);
    if (dtype === undefined) {
      throw new InputError(
        `The constant '${node}' in ${this.path} is of type ${typeName(number)}, which is not supported. ` +
          'Save the model with float32 values.',
      );
    }
    if (!isShape(shape)) throw damaged(this.path, `a shape of the constant '${node}'`, `[${shape}]`);
    const count = elementCount(shape);
    const stored = content as Uint8Array | undefined;
    if (stored === undefined) return { dtype, shape, data: this.#repeated(node, bytes, dtype, count) };
    if (stored.length !== count * ELEMENT_BYTES[dtype]) {
      throw damaged(this.path, `values of a ${dtype} [${shape}] for '${node}'`, `${stored.length} bytes`);
    }
    return { dtype, shape, data: typedView(new Uint8Array(stored), dtype) };
  }

  /** Values that are listed one by one: the last one stands for all that are left out. */
  #repeated(node: string, bytes: Uint8Array, dtype: WeightType, count: number): WeightValues {
    const values: (number | bigint)[] = [];
    readFields(this.path, bytes, listFields(dtype, values));
    const size = count * ELEMENT_BYTES[dtype];
    this.#repeatedBytes += size;
    if (values.length > count || !(this.#repeatedBytes <= MOST_REPEATED_BYTES + bytes.length)) {
      throw damaged(this.path, `${values.length} values or a few more for '${node}'`, `a shape of ${count}`);
    }
    const data = typedView(new Uint8Array(size), dtype);
    const last = values.at(-1);
    // Booleans arrive as numbers, half-width floats as their bits: both are what the array holds.
    values.forEach((value, i) => {
      (data as (number | bigint)[] & WeightValues)[i] = value;
    });
    if (last !== undefined) (data as { fill(value: unknown, start: number): void }).fill(last, values.length);
    return data;
  }
}

function listFields(dtype: WeightType, values: (number | bigint)[]): Fields {
  const push = (value: number | bigint): void => void values.push(value);
  switch (dtype) {
    case 'float32':
      return { 5: floatField(push) };
    case 'float64':
      return { 6: doubleField(push) };
    case 'int32':
    case 'uint8':
      return { 7: integerField(push) };
    case 'int64':
      return { 10: bigintField(push) };
    case 'bool':
      return { 11: integerField(push) };
    case 'float16':
    case 'bfloat16':
      return { 13: integerField(push) };
  }
}

/** A scalar or a list of text, encoded as the value of a Const node: its elements. */
export function constantTexts(path: string, value: Uint8Array): Uint8Array[] {
  const texts: Uint8Array[] = [];
  const tensor = { 8: bytesField((text) => texts.push(text)) };
  readFields(path, value, { 8: bytesField((bytes) => readFields(path, bytes, tensor)) });
  return texts;
}
