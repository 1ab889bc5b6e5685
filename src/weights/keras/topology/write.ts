import type { FunctionalTopology, Json, LayerConfig } from '../../../../models/topology.js';
import { InputError } from '../../../errors.js';
import { traceLayers } from '../../../model/trace.js';
import { isWritten, settingsOf } from './settings.js';

type JsonObject = { [key: string]: Json };

/** Shapes of the outputs by `layer:call`, `[null, ...]`, the batch being open. */
type Shapes = ReadonlyMap<string, Json[]>;

/** Makes the JSON of one layer, of which only names and settings are common to all versions. */
interface Dialect {
  model(config: JsonObject): JsonObject;
  layer(layer: LayerConfig, config: JsonObject, shapes: Shapes): JsonObject;
  /** A single input or output of the model. */
  end(reference: [string, number, number]): Json;
}

/** The key of a layer's description in Keras 2: `[layer, call, output, keyword arguments]`. */
const KERAS_2: Dialect = {
  model: (config) => ({ class_name: 'Functional', config }),
  layer({ class_name, name, inbound_nodes = [] }, config, shapes) {
    const input = { batch_input_shape: shapes.get(`${name}:0`)!, dtype: 'float32', sparse: false, name };
    const given: JsonObject = class_name === 'InputLayer' ? input : { ...config, dtype: 'float32' };
    return { class_name, config: given, name, inbound_nodes };
  },
  end: (reference) => [reference],
};

const POLICY = keras3('keras', 'DTypePolicy', { name: 'float32' });

/** In Keras 3 every object says where its class is found, and a layer is called with tensors that name where they came from. */
const KERAS_3: Dialect = {
  model: (config) => ({
    ...keras3('keras.src.models.functional', 'Functional', config),
    registered_name: 'Functional',
    build_config: { input_shape: null },
  }),
  layer({ class_name, name, inbound_nodes = [] }, config, shapes) {
    if (class_name === 'InputLayer') {
      const input = { batch_shape: shapes.get(`${name}:0`)!, dtype: 'float32', sparse: false, name };
      return { ...keras3('keras.layers', class_name, input), name, inbound_nodes: [] };
    }
    const calls = inbound_nodes.map((node) =>
      node.map(
        ([layer, call, output]): Json => ({
          class_name: '__keras_tensor__',
          config: {
            shape: shapes.get(`${layer}:${call}`)!,
            dtype: 'float32',
            keras_history: [layer, call, output],
          },
        }),
      ),
    );
    const own = Object.entries(config).map(([key, value]) => [key, withModule(key, value)] as const);
    return {
      ...keras3('keras.layers', class_name, { ...Object.fromEntries(own), dtype: POLICY }),
      name,
      inbound_nodes: calls.map((given) => ({ args: given.length === 1 ? given : [given], kwargs: {} })),
    };
  },
  // Without a list around it, as Keras has it from 3.4 on: one tensor, not a list of one, comes out of `model.output`.
  end: (reference) => reference,
};

function keras3(module: string, className: string, config: JsonObject): JsonObject {
  return { module, class_name: className, config, registered_name: null };
}

function withModule(key: string, value: Json): Json {
  if (!key.endsWith('_initializer')) return value;
  const { class_name, config } = value as { class_name: string; config: JsonObject };
  return keras3('keras.initializers', class_name, config);
}

/** What is written of a model beside its layers. */
export interface WriteTopologyOptions {
  version: 2 | 3;
  /** Side of the square input in pixels. */
  imageSize: number;
}

/**
 * A model's description in the JSON of a version of Keras: the inverse of `parseModel`.
 *
 * @param topology of layers and activations that Keras has
 * @throws InputError for a layer that Keras does not have
 */
export function describeModel(
  topology: FunctionalTopology,
  { version, imageSize }: WriteTopologyOptions,
): JsonObject {
  const dialect = version === 2 ? KERAS_2 : KERAS_3;
  const shapes = shapesOf(topology, imageSize);
  const { name, layers, input_layers: inputs, output_layers: outputs } = topology.config;
  const written = layers.map((layer) => {
    if (!isWritten(layer.class_name)) {
      throw new InputError(
        `Layer '${layer.name}' is a ${layer.class_name}, which Keras does not have. Export to another format.`,
      );
    }
    return dialect.layer(layer, { name: layer.name, ...settingsOf(layer) }, shapes);
  });
  return dialect.model({
    name,
    trainable: true,
    layers: written,
    input_layers: dialect.end(inputs[0]!),
    output_layers: dialect.end(outputs[0]!),
  });
}

function shapesOf(topology: FunctionalTopology, imageSize: number): Shapes {
  const calls = new Map<string, number>();
  return new Map(
    traceLayers(topology, { imageSize }).map(({ name, shape }) => {
      const call = calls.get(name) ?? 0;
      calls.set(name, call + 1);
      return [`${name}:${call}`, [null, ...shape]];
    }),
  );
}
