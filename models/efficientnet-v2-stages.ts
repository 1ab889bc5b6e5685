import type { EfficientNetStage } from './efficientnet-builder.js';

/** Blocks, output channels, expansion and strides; all windows are 3 x 3. */
type Row = readonly [repeats: number, filters: number, expandRatio: number, strides: 1 | 2];

/** Fused blocks first, without squeeze-and-excitation; then inverted residuals with it. */
function stages(fused: readonly Row[], separable: readonly Row[]): EfficientNetStage[] {
  const stage = ([repeats, filters, expandRatio, strides]: Row) => ({
    kernelSize: 3,
    repeats,
    filters,
    expandRatio,
    strides,
  });
  return [
    ...fused.map((row) => ({ ...stage(row), fused: true, squeezeRatio: 0 })),
    ...separable.map((row) => ({ ...stage(row), squeezeRatio: 0.25 })),
  ];
}

/** Blocks of B0, which B1 to B3 scale as EfficientNet does: `v2_base_block` in the authors' repository. */
export const STAGES_B = stages(
  [
    [1, 16, 1, 1],
    [2, 32, 4, 2],
    [2, 48, 4, 2],
  ],
  [
    [3, 96, 4, 2],
    [5, 112, 6, 1],
    [8, 192, 6, 2],
  ],
);

/** Blocks of S (arXiv 2104.00298, table 4, and `v2_s_block` in the authors' repository). */
export const STAGES_S = stages(
  [
    [2, 24, 1, 1],
    [4, 48, 4, 2],
    [4, 64, 4, 2],
  ],
  [
    [6, 128, 4, 2],
    [9, 160, 6, 1],
    [15, 256, 6, 2],
  ],
);

/** Blocks of M: `v2_m_block`. */
export const STAGES_M = stages(
  [
    [3, 24, 1, 1],
    [5, 48, 4, 2],
    [5, 80, 4, 2],
  ],
  [
    [7, 160, 4, 2],
    [14, 176, 6, 1],
    [18, 304, 6, 2],
    [5, 512, 6, 1],
  ],
);

/** Blocks of L: `v2_l_block`. */
export const STAGES_L = stages(
  [
    [4, 32, 1, 1],
    [7, 64, 4, 2],
    [7, 96, 4, 2],
  ],
  [
    [10, 192, 4, 2],
    [19, 224, 6, 1],
    [25, 384, 6, 2],
    [7, 640, 6, 1],
  ],
);
