import { own } from './pytorch.js';

/** Convolutions of an inverted residual block, in the order in which they run. */
export const PARTS = ['expand', 'depthwise', 'reduce', 'excite', 'project'] as const;

/** One of {@link PARTS}; `reduce` and `excite` are squeeze-and-excitation's. */
export type Part = (typeof PARTS)[number];

/** A block of an inverted residual network. */
export interface Block {
  /** From 0. */
  stage: number;
  /** Within the stage, from 0. */
  position: number;
  /** Through all stages, from 0. */
  index: number;
  parts: ReadonlySet<Part>;
}

/** What a layer is to its network: a part of a block or, outside of blocks, one of a kind. */
export type Place = { norm: boolean } & (
  | { at: 'stem' | 'head' | 'hidden' | 'classifier' }
  | { at: Part; block: Block }
);

/** The families of inverted residual networks, by their names of layers. */
export type Dialect = 'efficientnet' | 'mobilenet-v2' | 'mobilenet-v3';

/** Layers of a network of inverted residuals, by what they do. */
export interface InvertedResiduals {
  dialect: Dialect;
  stages: number;
  blocks: number;
  placeOf(layer: string): Place | undefined;
}

type Role = [at: Place['at'], norm?: 'norm'];

interface DialectRow {
  name: Dialect;
  outside: Readonly<Record<string, Role>>;
  /** Matches a layer of a block, and gives the block's key and the layer within the block. */
  inBlock: RegExp;
  inside: Readonly<Record<string, Role>>;
  /** Stage of a block, from 0, by its key and the number of blocks, where names tell only an index. */
  stageOf(key: string, index: number, blocks: number): number;
}

/** The names of keras.applications. */
const DIALECTS: readonly DialectRow[] = [
  {
    name: 'efficientnet',
    outside: {
      stem_conv: ['stem'],
      stem_bn: ['stem', 'norm'],
      top_conv: ['head'],
      top_bn: ['head', 'norm'],
      predictions: ['classifier'],
    },
    // Stage number, letter within the stage, layer within the block: block3b_dwconv.
    inBlock: /^block(\d+[a-z])_(.+)$/,
    inside: {
      expand_conv: ['expand'],
      expand_bn: ['expand', 'norm'],
      dwconv: ['depthwise'],
      dwconv2: ['depthwise'],
      bn: ['depthwise', 'norm'],
      se_reduce: ['reduce'],
      se_expand: ['excite'],
      project_conv: ['project'],
      project_bn: ['project', 'norm'],
    },
    stageOf: (key) => Number.parseInt(key, 10) - 1,
  },
  {
    name: 'mobilenet-v2',
    outside: {
      Conv1: ['stem'],
      bn_Conv1: ['stem', 'norm'],
      Conv_1: ['head'],
      Conv_1_bn: ['head', 'norm'],
      predictions: ['classifier'],
    },
    // The first block bears no number: expanded_conv_project, block_1_expand.
    inBlock: /^(expanded_conv|block_\d+)_(.+)$/,
    inside: {
      expand: ['expand'],
      expand_BN: ['expand', 'norm'],
      depthwise: ['depthwise'],
      depthwise_BN: ['depthwise', 'norm'],
      project: ['project'],
      project_BN: ['project', 'norm'],
    },
    stageOf: (_, index, blocks) => stageOfIndex(index, blocks),
  },
  {
    name: 'mobilenet-v3',
    outside: {
      conv: ['stem'],
      conv_bn: ['stem', 'norm'],
      conv_1: ['head'],
      conv_1_bn: ['head', 'norm'],
      conv_2: ['hidden'],
      logits: ['classifier'],
    },
    inBlock: /^(expanded_conv(?:_\d+)?)_(.+)$/,
    inside: {
      expand: ['expand'],
      expand_bn: ['expand', 'norm'],
      depthwise: ['depthwise'],
      depthwise_bn: ['depthwise', 'norm'],
      squeeze_excite_conv: ['reduce'],
      squeeze_excite_conv_1: ['excite'],
      project: ['project'],
      project_bn: ['project', 'norm'],
    },
    stageOf: (_, index, blocks) => stageOfIndex(index, blocks),
  },
];

/** Blocks of each stage of the MobileNets, by the number of all: V2, V3 large, V3 small. */
const MOBILENET_STAGES: readonly (readonly number[])[] = [
  [1, 2, 3, 4, 3, 3, 1],
  [1, 2, 3, 4, 2, 3],
  [1, 2, 3, 2, 3],
];

function stageOfIndex(index: number, blocks: number): number {
  const stages = MOBILENET_STAGES.find((repeats) => sum(repeats) === blocks) ?? [];
  return stages.findIndex((_, stage) => index < sum(stages.slice(0, stage + 1)));
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

/** Reads the blocks off the layers' names; undefined where these are of another architecture. */
export function invertedResiduals(layers: ReadonlySet<string>): InvertedResiduals | undefined {
  // Some layers bear the same name in several families, and elsewhere: the family that knows the most is the one, and
  // none where it does not know half of them.
  const known = DIALECTS.map((row) => [...layers].filter((layer) => roleOf(row, layer) !== undefined).length);
  const most = Math.max(...known);
  if (most === 0 || 2 * most < layers.size) return undefined;
  const row = DIALECTS[known.indexOf(most)] as DialectRow;
  const blocks = readBlocks(row, layers);
  return {
    dialect: row.name,
    stages: new Set([...blocks.values()].map(({ stage }) => stage)).size,
    blocks: blocks.size,
    placeOf(layer) {
      const found = roleOf(row, layer);
      if (found === undefined) return undefined;
      const { key, role } = found;
      const place = { at: role[0], norm: role[1] === 'norm' };
      if (key === undefined) return place as Place;
      const block = blocks.get(key);
      return block && ({ ...place, block } as Place);
    },
  };
}

/** What a layer does, and the key of its block where it is in one. */
function roleOf({ outside, inBlock, inside }: DialectRow, layer: string) {
  const [, key, rest = ''] = inBlock.exec(layer) ?? [];
  const role = key === undefined ? own(outside, layer) : own(inside, rest);
  return role && { key, role };
}

function readBlocks(row: DialectRow, layers: ReadonlySet<string>): Map<string, Block> {
  const found = new Map<string, Set<Part>>();
  for (const layer of layers) {
    const { key, role } = roleOf(row, layer) ?? {};
    if (key === undefined || role === undefined) continue;
    found.set(key, (found.get(key) ?? new Set()).add(role[0] as Part));
  }
  const ordered = [...found].sort(([a], [b]) => inOrder(a, b));
  const blocks = new Map<string, Block>();
  const inStage = new Map<number, number>();
  ordered.forEach(([key, parts], index) => {
    const stage = row.stageOf(key, index, ordered.length);
    const position = inStage.get(stage) ?? 0;
    inStage.set(stage, position + 1);
    blocks.set(key, { stage, position, index, parts });
  });
  return blocks;
}

/** 2b comes after 2a, 10a after 9a, block_1 after expanded_conv, which bears no number. */
function inOrder(a: string, b: string): number {
  const digits = (key: string) => Number(/\d+/.exec(key)?.[0] ?? 0);
  return digits(a) - digits(b) || (a < b ? -1 : 1);
}
