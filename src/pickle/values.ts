/** A class or function that a pickle names and that the allow-list knows: what reading it gives when it is called. */
export class PickleGlobal {
  constructor(
    readonly name: string,
    /** Undefined for a class that is only named, such as a type of storage. */
    readonly call?: (args: readonly PickleValue[]) => PickleValue,
  ) {}
}

/** What a call of the allow-list makes that is no plain data: each list has classes of its own. */
export abstract class PickleObject {
  /** What it is called in messages. */
  abstract readonly title: string;

  /** Takes the attributes that a pickle gives it; without it they are refused. */
  setState?(state: PickleValue): void;
}

/** What a pickle may hold here: plain data of Python (tuples, lists and sets as arrays, dicts as maps) and objects. */
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
  | PickleObject;

/** Whether a value is a size or a number of things. */
export function isCount(value: PickleValue | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
