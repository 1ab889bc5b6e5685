import type { WeightType } from '../../model/weights.js';

/** TensorFlow's element types by number (tensorflow/core/framework/types.proto), without `DT_`. */
const NAMES = [
  'INVALID FLOAT DOUBLE INT32 UINT8 INT16 INT8 STRING COMPLEX64 INT64 BOOL QINT8 QUINT8 QINT32 BFLOAT16 QINT16',
  'QUINT16 UINT16 COMPLEX128 HALF RESOURCE VARIANT UINT32 UINT64 FLOAT8_E5M2 FLOAT8_E4M3FN',
]
  .join(' ')
  .split(' ');

/** Types of references to variables of TensorFlow 1 are those of their values, and this. */
const REFERENCE = 100;

const WEIGHT_TYPES: Readonly<Record<number, WeightType>> = {
  1: 'float32',
  2: 'float64',
  3: 'int32',
  4: 'uint8',
  9: 'int64',
  10: 'bool',
  14: 'bfloat16',
  19: 'float16',
};

/** TensorFlow's number for a string. */
export const STRING = 7;

/** The type of a weight from TensorFlow's number of it; undefined for types that no weight has. */
export const weightType = (number: number): WeightType | undefined => WEIGHT_TYPES[number];

/** Its name in the JSON of a GraphDef: `DT_FLOAT`. */
export function typeName(number: number): string {
  const reference = number > REFERENCE;
  const name = NAMES[reference ? number - REFERENCE : number];
  return name === undefined ? String(number) : `DT_${name}${reference ? '_REF' : ''}`;
}

/** `DT_FLOAT` of `float32`. */
export function typeNameOf(type: WeightType): string {
  return typeName(Number(Object.keys(WEIGHT_TYPES).find((number) => WEIGHT_TYPES[Number(number)] === type)));
}

/** TensorFlow's number of a name: 1 of `DT_FLOAT`. */
export function typeNumber(name: string): number {
  const number = NAMES.indexOf(name.replace(/^DT_/, ''));
  if (number <= 0) throw new Error(`'${name}' is no element type of TensorFlow.`);
  return number;
}
