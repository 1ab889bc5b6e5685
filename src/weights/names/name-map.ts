/** Where a weight comes from: its name in the source, and the axes of the source in the order of the target's. */
export interface SourceWeight {
  source: string;
  /** As in numpy: axis i of the target is axis `transpose[i]` of the source. Left out where the order is the same. */
  transpose?: readonly number[];
}

/** How the weights of one source of pretrained models are named and laid out. */
export interface NameMap {
  name: string;
  /** Source weights that no target takes. */
  ignored: RegExp;
  /**
   * Reads the layout (stages, blocks) off the targets present, and gives a function from a target's name
   * (`layer/weight`) to its source; undefined for a name that the source cannot have.
   */
  bind(targets: readonly string[]): (target: string) => SourceWeight | undefined;
}

/** Transposes of PyTorch's weights to TensorFlow's. */
export const TRANSPOSES = {
  /** [out, in, height, width] to [height, width, in, out] */
  conv: [2, 3, 1, 0],
  /** [channels, 1, height, width] to [height, width, channels, 1] */
  depthwise: [2, 3, 0, 1],
  /** [out, in] to [in, out] */
  dense: [1, 0],
} as const;
