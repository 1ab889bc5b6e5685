import type { Dataset } from '../dataset.js';
import type { ImageStore } from '../images/index.js';
import type { Found } from './layout.js';

/** Rows that a new collection has room for. */
const FIRST_ROOM = 1024;

/** Numbers that come one by one. */
export class IntList {
  #values = new Int32Array(FIRST_ROOM);
  #length = 0;

  add(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Int32Array(2 * this.#length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  get values(): Int32Array {
    return this.#values.subarray(0, this.#length);
  }
}

/** Collects which image is of which split and class, as an archive or a list is read from its start to its end. */
export class Collector {
  readonly #classes = new Map<string, number>();
  readonly #splits = new Map<string, { rows: IntList; labels: IntList }>();

  /** @param row of the store that {@link found} is given */
  add(row: number, split: string, className: string): void {
    let label = this.#classes.get(className);
    if (label === undefined) {
      label = this.#classes.size;
      this.#classes.set(className, label);
    }
    let own = this.#splits.get(split);
    if (!own) {
      own = { rows: new IntList(), labels: new IntList() };
      this.#splits.set(split, own);
    }
    own.rows.add(row);
    own.labels.add(label);
  }

  /** The class of each row of a store, as an index into {@link classes}; -1 where a row was not added. */
  labelsByRow(length: number): Int32Array {
    const found = new Int32Array(length).fill(-1);
    for (const { rows, labels } of this.#splits.values()) {
      const own = labels.values;
      for (const [i, row] of rows.values.entries()) found[row] = own[i]!;
    }
    return found;
  }

  /** The split of each row of a store, as an index into {@link splits}. */
  splitsByRow(length: number): Uint8Array {
    const found = new Uint8Array(length);
    for (const [split, { rows }] of [...this.#splits.values()].entries())
      for (const row of rows.values) found[row] = split;
    return found;
  }

  /** Splits as they are named, in the order in which they came. */
  get splits(): string[] {
    return [...this.#splits.keys()];
  }

  /** Classes as they are named, in the order in which they came. */
  get classes(): string[] {
    return [...this.#classes.keys()];
  }

  /**
   * What was found, in the order of `classes`.
   *
   * @param classes all that were added, in the order wanted. @default sorted by code units
   */
  found(
    images: ImageStore,
    classes: readonly string[] = this.classes.sort(),
  ): Pick<Found, 'classes' | 'splits'> {
    const places = new Map(classes.map((name, place) => [name, place]));
    const placeOf = Int32Array.from(this.#classes.keys(), (name) => places.get(name)!);
    const splits: Record<string, Dataset> = {};
    for (const [split, { rows, labels }] of this.#splits) {
      const own = rows.values;
      splits[split] = {
        length: own.length,
        labels: labels.values.map((label) => placeOf[label]!),
        source: { kind: 'encoded', images: images.select(Int32Array.from(own)) },
      };
    }
    return { classes, splits };
  }
}
