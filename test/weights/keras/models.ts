import type { Json } from '../../../models/topology.js';

type Config = { [key: string]: Json };

/** A layer in the JSON of Keras 2; `from` are the layers that it takes. */
export const layer2 = (class_name: string, name: string, from: string[], config: Config = {}) => ({
  class_name,
  name,
  config: { name, trainable: true, dtype: 'float32', ...config },
  inbound_nodes: from.length === 0 ? [] : [from.map((source) => [source, 0, 0, {}])],
});

/** A tensor in the JSON of Keras 3. */
export const tensor3 = (layer: string, call = 0) => ({
  class_name: '__keras_tensor__',
  config: { shape: [null, 4, 4, 3], dtype: 'float32', keras_history: [layer, call, 0] },
});

/** A layer in the JSON of Keras 3; `args` are what it is called with. */
export const layer3 = (class_name: string, name: string, args: Json[], config: Config = {}) => ({
  module: 'keras.layers',
  class_name,
  config: {
    name,
    trainable: true,
    dtype: { module: 'keras', class_name: 'DTypePolicy', config: { name: 'float32' }, registered_name: null },
    ...config,
  },
  registered_name: null,
  build_config: { input_shape: [null, 4, 4, 3] },
  name,
  inbound_nodes: args.length === 0 ? [] : [{ args, kwargs: { mask: null } }],
});

/** The input of a model of Keras 3. */
export const input3 = (name: string) => layer3('InputLayer', name, [], { batch_shape: [null, 4, 4, 3] });

/** A functional model of Keras 3, which writes a single input or output without a list around it. */
export const functional3 = (name: string, layers: Json[], input: string, output: string) => ({
  module: 'keras.src.models.functional',
  class_name: 'Functional',
  config: {
    name,
    trainable: true,
    layers,
    input_layers: [input, 0, 0] as Json,
    output_layers: [output, 0, 0] as Json,
  },
  registered_name: 'Functional',
});

/** The same of Keras 2. */
export const functional2 = (name: string, layers: Json[], input: string, output: string) => ({
  class_name: 'Functional',
  config: { name, layers, input_layers: [[input, 0, 0]], output_layers: [[output, 0, 0]] } as Config,
});

/** A classifier of images of 4 pixels into two classes. */
export const CLASSIFIER3 = functional3(
  'm',
  [
    input3('image'),
    layer3('GlobalAveragePooling2D', 'pool', [tensor3('image')]),
    layer3('Dense', 'predictions', [tensor3('pool')], { units: 2 }),
  ],
  'image',
  'predictions',
);
