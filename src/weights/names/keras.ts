import { invertedResiduals } from './inverted-residuals.js';
import type { NameMap } from './name-map.js';
import { splitTarget } from './split-target.js';

/** The layer of preprocessing whose statistics some models carry: a base without it has them beside the model. */
const PREPROCESSING = /^normalization(_\d+)?\//;

/** Gives a layer's weights the names of another layer. */
type Rename = (layer: string) => string;

function keras3Weight(weight: string): string {
  return weight === 'depthwise_kernel' ? 'kernel' : weight;
}

function kerasNameMap(
  name: string,
  description: string,
  bindLayers: (layers: ReadonlySet<string>) => Rename | undefined,
  weightOf: (weight: string) => string = (weight) => weight,
): NameMap {
  return {
    name,
    description,
    ignored: PREPROCESSING,
    // The architectures are built as Keras has them.
    conventions: () => ({}),
    bind(targets) {
      const rename = bindLayers(new Set(targets.map((target) => splitTarget(target).layer)));
      return (target) => {
        const { layer, weight } = splitTarget(target);
        return rename && layer !== '' ? { source: `${rename(layer)}/${weightOf(weight)}` } : undefined;
      };
    },
  };
}

const same: Rename = (layer) => layer;

/** keras.applications of Keras 2, and models that bear the names of this project: nothing is renamed. */
export const keras: NameMap = kerasNameMap('keras', 'keras.applications', () => same);

/** Keras 3, which calls a depthwise kernel a kernel. */
export const keras3: NameMap = kerasNameMap(
  'keras-3',
  'keras.applications of Keras 3',
  () => same,
  keras3Weight,
);

/**
 * The package keras-applications, and tf.keras up to 2.1, whose files are still the pretrained ones: the classifier of
 * ResNet is `probs`, that of MobileNetV2 `Logits`, and MobileNetV3 names its layers as TensorFlow's scopes.
 */
export const kerasApplications: NameMap = kerasNameMap(
  'keras-applications',
  'the package keras-applications, and the pretrained files of ResNet, MobileNetV2 and MobileNetV3',
  (layers) => {
    const dialect = invertedResiduals(layers)?.dialect;
    if (dialect === 'mobilenet-v3') return asScopes;
    if (dialect === 'mobilenet-v2') return classifierAs('Logits');
    return [...layers].some((layer) => layer.startsWith('conv1_')) ? classifierAs('probs') : undefined;
  },
);

/** EfficientNet of https://github.com/qubvel/efficientnet from version 1.0 on, after which Keras named its own. */
export const qubvel: NameMap = kerasNameMap('qubvel', 'EfficientNet for Keras by qubvel', (layers) =>
  invertedResiduals(layers)?.dialect === 'efficientnet' ? classifierAs('probs') : undefined,
);

const classifierAs =
  (name: string): Rename =>
  (layer) =>
    layer === 'predictions' ? name : layer;

/** `expanded_conv_3_squeeze_excite_conv_1` is `expanded_conv_3/squeeze_excite/Conv_1` there. */
function asScopes(layer: string): string {
  const [, block, rest] = /^(expanded_conv(?:_\d+)?)_(.+)$/.exec(layer) ?? [];
  const own = (rest ?? layer)
    .replace(/_bn$/, '/BatchNorm')
    .replace(/^squeeze_excite_/, 'squeeze_excite/')
    .replace(/(^|\/)conv/, '$1Conv')
    .replace(/^logits$/, 'Logits');
  return block === undefined ? own : `${block}/${own}`;
}

/**
 * EfficientNet of https://github.com/qubvel/efficientnet before version 1.0, whose layers have no names of their own:
 * Keras numbers them by class, in the order in which they are made.
 */
export const qubvelNumbered: NameMap = {
  ...qubvel,
  name: 'qubvel-0',
  description: 'EfficientNet for Keras by qubvel, before version 1.0',
  bind(targets) {
    const counts = new Map<string, number>();
    const names = new Map<string, string>();
    for (const target of targets) {
      const { layer, weight } = splitTarget(target);
      if (names.has(layer)) continue;
      const kind = classOf(layer, weight);
      const count = (counts.get(kind) ?? 0) + 1;
      counts.set(kind, count);
      names.set(layer, `${kind}_${count}`);
    }
    const isEfficientNet = invertedResiduals(new Set(names.keys()))?.dialect === 'efficientnet';
    return (target) => {
      const { layer, weight } = splitTarget(target);
      const numbered = isEfficientNet ? names.get(layer) : undefined;
      return numbered === undefined ? undefined : { source: `${numbered}/${weight}` };
    };
  },
};

function classOf(layer: string, weight: string): string {
  if (layer === 'predictions') return 'dense';
  if (weight === 'depthwise_kernel') return 'depthwise_conv2d';
  return weight === 'kernel' || weight === 'bias' ? 'conv2d' : 'batch_normalization';
}
