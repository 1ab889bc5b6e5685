/** What the layers of another program can say. */
export interface PlainTarget {
  /** For messages. */
  program: string;
  /** Its names of activations, by the names that they have here. */
  activations: Readonly<Record<string, string>>;
  /** Classes of layers that it has with all their settings, where others need another form. */
  layers: ReadonlySet<string>;
  /** Its name of the slope of a LeakyReLU. */
  slope: 'alpha' | 'negative_slope';
}

const same = (...names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, name]));

const EVERYWHERE = same(
  ...['elu', 'gelu', 'linear', 'mish', 'relu', 'selu', 'sigmoid', 'softmax', 'softplus', 'softsign'],
  ...['swish', 'tanh'],
);

/** Layers of both versions of Keras that tfjs lacks, or has with fewer settings. */
const KERAS_LAYERS = new Set([
  ...['ActivityRegularization', 'Conv2D', 'ELU', 'Normalization', 'ReLU', 'SpatialDropout2D', 'Subtract'],
]);

/** Programs whose layers a model can be said in. */
export const PLAIN_TARGETS = {
  /** tfjs 4.22, which turns snake case into camel case when it reads a file. */
  tfjs: {
    program: 'the layers of tfjs',
    activations: {
      ...EVERYWHERE,
      ...same('hardSigmoid', 'hard_sigmoid', 'logSoftmax', 'log_softmax', 'relu6'),
    },
    layers: new Set(),
    slope: 'alpha',
  },
  /** Files that Keras 2 and Keras 3 read: a hard sigmoid is another function in each of them, so it is in neither's words. */
  'keras-2': {
    program: 'the layers of Keras 2',
    activations: { ...EVERYWHERE, silu: 'swish', celu: 'elu', exponential: 'exponential' },
    layers: KERAS_LAYERS,
    slope: 'alpha',
  },
  'keras-3': {
    program: 'the layers of Keras 3',
    activations: {
      ...EVERYWHERE,
      ...same('celu', 'exponential', 'hard_silu', 'hard_tanh', 'leaky_relu', 'log_sigmoid', 'log_softmax'),
      ...same('relu6', 'silu'),
      swish: 'silu',
      hard_swish: 'hard_silu',
      logSoftmax: 'log_softmax',
      hard_sigmoid_relu6: 'hard_sigmoid',
    },
    layers: KERAS_LAYERS,
    slope: 'negative_slope',
  },
} as const satisfies Record<string, PlainTarget>;

/** A name of {@link PLAIN_TARGETS}. */
export type PlainTargetName = keyof typeof PLAIN_TARGETS;
