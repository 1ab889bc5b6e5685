import type { WeightType } from '../../model/weights.js';
import { PickleGlobal, PickleObject } from '../../pickle/index.js';

/** A class of storage, which a pickle only names. */
export class StorageClass extends PickleGlobal {
  constructor(
    name: string,
    /** Element type that it holds. */
    readonly dtype: WeightType,
  ) {
    super(name);
  }
}

/** The memory that a tensor lies in: known by its key until it is read. */
export class PickleStorage extends PickleObject {
  readonly title = 'a storage';

  constructor(
    readonly key: string,
    readonly dtype: WeightType,
    /** In elements. */
    readonly count: number,
    /** Where a view of the storage begins, in elements: 0 but in files of the earliest versions. */
    readonly viewOffset: number,
  ) {
    super();
  }
}

/** A tensor as a pickle describes it: where its elements lie in a storage, all counted in elements. */
export class PickleTensor extends PickleObject {
  readonly title = 'a tensor';

  constructor(
    readonly storage: PickleStorage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {
    super();
  }
}
