import type { Conventions } from '../../../models/conventions.js';
import type { WeightMap } from '../../model/weights.js';

/** Where a weight comes from: its name in the source, and the axes of the source in the order of the target's. */
export interface SourceWeight {
  source: string;
  /** As in numpy: axis i of the target is axis `transpose[i]` of the source. Left out where the order is the same. */
  transpose?: readonly number[];
  /** Where the source has `[out, in]` of what is a convolution over one pixel here, and `prepare` gives it two more axes. */
  linear?: true;
}

/** How the weights of one source of pretrained models are named and laid out. */
export interface NameMap {
  name: string;
  /** Where such weights come from, for lists and messages. */
  description: string;
  /** Source weights that no target takes. */
  ignored: RegExp;
  /**
   * What a base must be built with so that it computes what the source computes; what is left out is as the base
   * has it by itself.
   *
   * @param base a name of the catalogue, `efficientnet-b0`
   */
  conventions(base: string): Partial<Conventions>;
  /**
   * Where a source has more weights than count, or other shapes: those that count, by the names that `bind` gives, and
   * in shapes of as many axes as the targets'. Values are not copied.
   *
   * @param targets names in the model, as for `bind`
   */
  prepare?(source: WeightMap, targets: readonly string[]): WeightMap;
  /**
   * Reads the layout (stages, blocks) off the targets present, and gives a function from a target's name
   * (`layer/weight`) to its source; undefined for a name that the source cannot have.
   */
  bind(targets: readonly string[]): (target: string) => SourceWeight | undefined;
}
