import type { WeightMap } from '../../model/weights.js';
import { type Block, invertedResiduals, type Part, type Place } from './inverted-residuals.js';
import type { NameMap } from './name-map.js';
import { splitTarget } from './split-target.js';

/** A name map whose source needs a choice among its weights before they are bound. */
export type PreparedNameMap = NameMap & {
  /** The weights that count, under the names that {@link NameMap.bind} gives. */
  prepare(source: WeightMap): WeightMap;
};

/** The last part of the name of a moving average, which the authors evaluate, and publish results of. */
const MOVING_AVERAGE = '/ExponentialMovingAverage';

/** The stem's convolution, after the name of the model: `efficientnet-b0/stem/conv2d/kernel`. */
const STEM = /^(.+)\/stem\/conv2d\/kernel$/;

const CONV = 'conv2d';
const NORM = 'tpu_batch_normalization';

/** Layers outside of blocks: convolution, or dense, and normalization. */
const OUTSIDE: Readonly<Record<string, string>> = { stem: 'stem', head: 'head', classifier: 'head' };

/** Parts that number their normalizations, and those that number their convolutions, in the order they run. */
const NORMS: readonly Part[] = ['expand', 'depthwise', 'project'];
const CONVS: readonly Part[] = ['expand', 'project'];

/**
 * EfficientNet, -Lite and -V2 as their authors publish them, in checkpoints of TensorFlow 1
 * (https://github.com/tensorflow/tpu, https://github.com/google/automl). Blocks count through all stages; the layers
 * of a block are numbered by kind, so that the numbers of a block without expansion are others. Of each weight the
 * moving average is taken, where the checkpoint has one. Their pixels are normalized by ImageNet's mean and standard
 * deviation, but AdvProp's and V2's lie in -1..1.
 */
export const tensorflowEfficientnet: PreparedNameMap = {
  name: 'tensorflow-efficientnet',
  description: "checkpoints of EfficientNet's authors (TensorFlow 1)",
  ignored: /^$/,
  conventions: () => ({ padding: 'same', epsilon: 1e-3 }),
  prepare(source) {
    const prefix = modelName(source.keys());
    const prepared: WeightMap = new Map();
    for (const [name, tensor] of source) {
      const inModel = prefix === undefined || name.startsWith(prefix);
      const own = inModel ? name.slice(prefix?.length ?? 0) : name;
      if (!own.endsWith(MOVING_AVERAGE) && source.has(`${name}${MOVING_AVERAGE}`)) continue;
      prepared.set(own.endsWith(MOVING_AVERAGE) ? own.slice(0, -MOVING_AVERAGE.length) : own, tensor);
    }
    return prepared;
  },
  bind(targets) {
    const network = invertedResiduals(new Set(targets.map((target) => splitTarget(target).layer)));
    return (target) => {
      const { layer, weight } = splitTarget(target);
      const place = network?.dialect === 'efficientnet' ? network.placeOf(layer) : undefined;
      const source = place && sourceOf(place);
      return source === undefined ? undefined : { source: `${source}/${weight}` };
    };
  },
};

/** What comes before the names of all layers: the name of the model, and a slash. */
function modelName(names: Iterable<string>): string | undefined {
  for (const name of names) {
    const [, model] = STEM.exec(name) ?? [];
    if (model !== undefined) return `${model}/`;
  }
  return undefined;
}

function sourceOf(place: Place): string | undefined {
  if (!('block' in place)) {
    const scope = OUTSIDE[place.at];
    if (scope === undefined) return undefined;
    const layer = place.norm ? NORM : place.at === 'classifier' ? 'dense' : CONV;
    return `${scope}/${layer}`;
  }
  return `blocks_${place.block.index}/${layerInBlock(place.at, place.block, place.norm)}`;
}

function layerInBlock(part: Part, block: Block, norm: boolean): string {
  if (norm) return numbered(NORM, NORMS, part, block);
  if (part === 'depthwise') return 'depthwise_conv2d';
  if (part === 'reduce') return `se/${CONV}`;
  if (part === 'excite') return `se/${CONV}_1`;
  return numbered(CONV, CONVS, part, block);
}

/** The first layer of a kind bears no number, the next one `_1`. */
function numbered(kind: string, order: readonly Part[], part: Part, { parts }: Block): string {
  const number = order.filter((each) => parts.has(each)).indexOf(part);
  return number === 0 ? kind : `${kind}_${number}`;
}
