import type { EncodedImage, ImageStore } from './store.js';

/** The images of two stores, those of the second behind those of the first. */
export class JoinedImages implements ImageStore {
  /** @param rows of both, in the order wanted. @default all */
  constructor(
    private readonly first: ImageStore,
    private readonly second: ImageStore,
    private readonly rows?: Int32Array,
  ) {}

  get length(): number {
    return this.rows?.length ?? this.first.length + this.second.length;
  }

  nameOf(row: number): string {
    const [store, own] = this.#placeOf(row);
    return store.nameOf(own);
  }

  at(row: number): EncodedImage {
    const [store, own] = this.#placeOf(row);
    return store.at(own);
  }

  stampOf(row: number): string {
    const [store, own] = this.#placeOf(row);
    return store.stampOf(own);
  }

  select(rows: Int32Array): JoinedImages {
    const { rows: own } = this;
    return new JoinedImages(this.first, this.second, own ? rows.map((row) => own[row]!) : rows);
  }

  #placeOf(row: number): [ImageStore, number] {
    const own = this.rows ? this.rows[row]! : row;
    return own < this.first.length ? [this.first, own] : [this.second, own - this.first.length];
  }
}
