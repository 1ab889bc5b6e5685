import type { FunctionalTopology, LayerConfig } from '../../../models/topology.js';

/** A sum, and which of its inputs is the branch beside the shortcut. */
export interface ResidualBranch {
  add: LayerConfig;
  input: 0 | 1;
}

const KERNELS = new Set(['Conv2D', 'Dense', 'DepthwiseConv2D', 'SeparableConv2D']);
/** A shortcut that changes channels or size has one convolution, or two side by side. */
const LONGEST_SHORTCUT = 1;

/** Side of a sum that a layer lies on; both for what the sides have in common. */
const FIRST = 1;
const SECOND = 2;
const BOTH = FIRST | SECOND;

/**
 * Sums of a branch and a shortcut, in their order. The shortcut is what the branch starts from, or that after at most one
 * convolution where the branch has more; sums of other kinds are none.
 */
export function residualBranches({ config: { layers } }: FunctionalTopology): ResidualBranch[] {
  const positions = new Map(layers.map(({ name }, i) => [name, i]));
  const sourcesOf = (position: number): number[] =>
    (layers[position]!.inbound_nodes ?? []).flatMap((node) => node.map(([source]) => positions.get(source)!));

  return layers.flatMap((add, position): ResidualBranch[] => {
    const inputs = sourcesOf(position);
    const [first, second] = inputs;
    const isSum = add.class_name === 'Add' && add.inbound_nodes?.length === 1 && inputs.length === 2;
    if (!isSum || first === second) return [];
    const sides = sidesOf(first!, second!);
    if (sides.get(second!) === BOTH) return [{ add, input: 0 }];
    if (sides.get(first!) === BOTH) return [{ add, input: 1 }];
    const one = kernelsOf(first!, FIRST, sides);
    const other = kernelsOf(second!, SECOND, sides);
    if (Math.min(one, other) > LONGEST_SHORTCUT || one === other) return [];
    return [{ add, input: one > other ? 0 : 1 }];
  });

  /** Sides of the layers behind a sum's inputs, back to where they come together. */
  function sidesOf(first: number, second: number): Map<number, number> {
    const sides = new Map<number, number>([
      [first, FIRST],
      [second, SECOND],
    ]);
    // Layers come after what they take, so a side is settled once everything behind it has been looked at.
    const open = new Set([first, second]);
    while (open.size > 0) {
      const at = Math.max(...open);
      open.delete(at);
      const side = sides.get(at)!;
      if (side === BOTH) continue;
      for (const source of sourcesOf(at)) {
        sides.set(source, (sides.get(source) ?? 0) | side);
        open.add(source);
      }
    }
    return sides;
  }

  /** Kernels on the longest way to a sum's input that lie on its own side alone. */
  function kernelsOf(input: number, side: number, sides: ReadonlyMap<number, number>): number {
    const own = [...sides.keys()].filter((at) => sides.get(at) === side).sort((a, b) => a - b);
    const longest = new Map<number, number>();
    for (const at of own) {
      const before = sourcesOf(at).map((source) => longest.get(source) ?? 0);
      longest.set(at, Number(KERNELS.has(layers[at]!.class_name)) + Math.max(0, ...before));
    }
    return longest.get(input) ?? 0;
  }
}
