import type { WeightType } from '../../model/weights.js';

/** A class or function that a pickle names and that the allow-list knows: what reading it gives when it is called. */
export class PickleGlobal {
  constructor(
    readonly name: string,
    /** Undefined for a class that is only named, such as a type of storage. */
    readonly call: ((args: readonly PickleValue[]) => PickleValue) | undefined,
    /** Element type, for a class of storage. */
    readonly storageType?: WeightType,
  ) {}
}

/** The memory that a tensor lies in: known by its key until it is read. */
export class PickleStorage {
  constructor(
    readonly key: string,
    readonly dtype: WeightType,
    /** In elements. */
    readonly count: number,
    /** Where a view of the storage begins, in elements: 0 but in files of the earliest versions. */
    readonly viewOffset: number,
  ) {}
}

/** A tensor as a pickle describes it: where its elements lie in a storage, all counted in elements. */
export class PickleTensor {
  constructor(
    readonly storage: PickleStorage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** What a pickle may hold here: plain data of Python (tuples, lists and sets as arrays, dicts as maps) and tensors. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | PickleGlobal
  | PickleStorage
  | PickleTensor;
