import type { Json } from '../../../../models/topology.js';
import { damaged } from '../../../bytes/damaged.js';
import { parseCalls, parseReferences } from './calls.js';
import type { LayerNode, ModelNode } from './model-tree.js';
import { isObject, plainConfig } from './plain-config.js';

type JsonObject = { [key: string]: Json };

const MODELS = new Set(['Functional', 'Model', 'Sequential']);
/** Nobody nests models this often; deeper ones are made to exhaust the stack. */
const DEEPEST = 32;

/**
 * Reads a model's description in the JSON of Keras 2 or 3, or of tfjs, with the models nested in it.
 *
 * @param path the file, for messages
 * @param value `{ class_name, config }`
 * @throws InputError for another kind of model, and for one whose description is not whole
 */
export function parseModel(path: string, value: unknown): ModelNode {
  return parse(path, value as Json, 0);
}

function parse(path: string, value: Json, depth: number): ModelNode {
  const { class_name: className, config } = isObject(value) ? value : {};
  if (typeof className !== 'string' || !MODELS.has(className)) {
    throw damaged(path, `a model of class ${[...MODELS].join(', ')}`, `one of class '${className}'`);
  }
  if (depth > DEEPEST) throw damaged(path, `models nested at most ${DEEPEST} deep`, 'deeper ones');
  // Keras before 2.2.3 wrote the layers of a chain as the whole of its config.
  const settings = Array.isArray(config) ? { name: 'sequential', layers: config } : config;
  if (!isObject(settings) || !Array.isArray(settings.layers) || settings.layers.length === 0) {
    throw damaged(path, `the layers of the ${className} model`, 'none');
  }
  const layers = settings.layers.map((layer) => parseLayer(path, layer, depth));
  const seen = new Set<string>();
  const twice = layers.find(({ name: own }) => seen.has(own) || !seen.add(own));
  if (twice) throw damaged(path, `one layer '${twice.name}' in the ${className} model`, 'two');
  const name = typeof settings.name === 'string' ? settings.name : className.toLowerCase();
  const version = versionOf(settings.layers);
  if (className === 'Sequential') {
    return { ...chain(path, name, layers, inputShape(settings, value as JsonObject)), version };
  }
  const inputs = parseReferences(settings.input_layers ?? null);
  const outputs = parseReferences(settings.output_layers ?? null);
  if (inputs.length === 0 || outputs.length === 0) {
    throw damaged(path, `the input and output layers of the model '${name}'`, 'none');
  }
  return { className, name, version, layers, inputs, outputs };
}

function parseLayer(path: string, value: Json, depth: number): LayerNode {
  const { class_name: className, config, inbound_nodes: nodes = [] } = isObject(value) ? value : {};
  const given = isObject(value) ? (value.name ?? (isObject(config) ? config.name : undefined)) : undefined;
  if (typeof className !== 'string' || !(isObject(config) || Array.isArray(config))) {
    throw damaged(path, 'layers that have a class and a config', 'one without');
  }
  const calls = parseCalls(nodes);
  if (MODELS.has(className)) {
    const model = parse(path, value, depth + 1);
    const name = typeof given === 'string' ? given : model.name;
    return { className, name, config: { name }, calls, model };
  }
  if (typeof given !== 'string' || !isObject(config)) {
    throw damaged(path, `a name for each layer`, `a ${className} without`);
  }
  return { className, name: given, config: { ...plainConfig(config), name: given }, calls };
}

/** Version 3 gives inputs another key, and calls their arguments. */
function versionOf(layers: readonly Json[]): 2 | 3 {
  const isOf3 = layers.filter(isObject).some(({ config, inbound_nodes: nodes }) => {
    const [call] = Array.isArray(nodes) ? nodes : [];
    return (isObject(config) && 'batch_shape' in config) || (isObject(call) && 'args' in call);
  });
  return isOf3 ? 3 : 2;
}

/** The shape that a chain was built for, where none of its layers says it. */
function inputShape(settings: JsonObject, model: JsonObject): Json | undefined {
  const built = isObject(model.build_config) ? model.build_config.input_shape : undefined;
  return settings.build_input_shape ?? settings.batch_input_shape ?? built;
}

/** A chain as a graph: each layer takes the one before it, the first one an input. */
function chain(
  path: string,
  name: string,
  layers: LayerNode[],
  built: Json | undefined,
): Omit<ModelNode, 'version'> {
  const [first] = layers as [LayerNode];
  if (first.className !== 'InputLayer') {
    const shape = first.config.batch_input_shape ?? built ?? first.model?.layers[0]?.config.batch_input_shape;
    if (!Array.isArray(shape)) throw damaged(path, `the shape of the input of '${name}'`, 'none');
    const input = `${first.name}_input`;
    const config = { name: input, batch_input_shape: shape };
    layers.unshift({ className: 'InputLayer', name: input, config, calls: [] });
  }
  layers.forEach((layer, i) => {
    const before = layers[i - 1];
    layer.calls = before ? [[{ layer: before.name, call: 0, output: 0 }]] : [];
  });
  const end = (layer: LayerNode) => [{ layer: layer.name, call: 0, output: 0 }];
  return { className: 'Sequential', name, layers, inputs: end(layers[0]!), outputs: end(layers.at(-1)!) };
}
