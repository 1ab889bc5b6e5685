/** Union-find: which images belong together. */
export class DisjointSets {
  readonly #parents: Int32Array;

  constructor(length: number) {
    this.#parents = Int32Array.from({ length }, (_, i) => i);
  }

  /** The smaller index of two sets stands for both. */
  join(a: number, b: number): void {
    const [rootA, rootB] = [this.#rootOf(a), this.#rootOf(b)];
    this.#parents[Math.max(rootA, rootB)] = Math.min(rootA, rootB);
  }

  /** Sets of two and more, in the order of their first images, their images ascending. */
  groups(): number[][] {
    const groups = new Map<number, number[]>();
    for (let i = 0; i < this.#parents.length; i++) {
      const root = this.#rootOf(i);
      if (root === i) continue;
      const known = groups.get(root);
      if (known) known.push(i);
      else groups.set(root, [root, i]);
    }
    return [...groups.values()].sort((a, b) => a[0]! - b[0]!);
  }

  #rootOf(index: number): number {
    let root = index;
    while (this.#parents[root] !== root) {
      this.#parents[root] = this.#parents[this.#parents[root]!]!;
      root = this.#parents[root]!;
    }
    return root;
  }
}
