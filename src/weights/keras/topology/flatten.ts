import type { FunctionalTopology, LayerConfig } from '../../../../models/topology.js';
import { damaged } from '../../../bytes/damaged.js';
import { flatNames } from './flat-names.js';
import { activationSteps } from './hard-activations.js';
import { type Argument, isReference, type LayerNode, type ModelNode, type Reference } from './model-tree.js';
import { isDropped, rewritten } from './rewrite.js';

/** A topology of layers alone, and where the layers of the nested models went. */
export interface FlatModel {
  topology: FunctionalTopology;
  /** The name in the topology of each layer that has one. */
  names: ReadonlyMap<LayerNode, string>;
}

/** More calls than the largest models have by far: a model that is nested in itself by twos would never end. */
const MOST_CALLS = 100_000;
/** Keras writes layers in the order of their depth; a few rounds allow for shared ones. */
const MOST_ROUNDS = 64;

/**
 * Puts the layers of nested models into the model that holds them, and drops layers that only augment. A layer keeps its
 * name where no other one has it; otherwise the names of its models come before it.
 *
 * @throws InputError with the path, where layers refer to what does not exist
 */
export function flatten(path: string, model: ModelNode): FlatModel {
  const flattening = new Flattening(path, flatNames(model));
  const outputs = flattening.run(model);
  const { layers, inputs } = flattening;
  const ends = (references: readonly Reference[]) =>
    references.map(({ layer, call, output }): [string, number, number] => [layer, call, output]);
  const config = { name: model.name, layers, input_layers: ends(inputs), output_layers: ends(outputs) };
  return { topology: { class_name: 'Functional', config }, names: flattening.names };
}

class Flattening {
  readonly layers: LayerConfig[] = [];
  readonly inputs: Reference[] = [];
  private readonly made = new Map<string, LayerConfig>();
  private readonly taken: ReadonlySet<string>;
  private calls = 0;

  constructor(
    private readonly path: string,
    readonly names: ReadonlyMap<LayerNode, string>,
  ) {
    this.taken = new Set(names.values());
  }

  /** Adds one call of a model and gives its outputs; the outermost model has no arguments. */
  run(model: ModelNode, args?: readonly Reference[]): Reference[] {
    const values = new Map<string, Reference>();
    const firstCalls = firstCallsOf(model);
    const pending = new Set<[LayerNode, number]>();
    for (const layer of model.layers) {
      if (layer.className === 'InputLayer') values.set(key(layer.name, 0, 0), this.input(model, layer, args));
      else for (const call of layer.calls.keys()) pending.add([layer, call]);
    }
    for (let round = 0; pending.size > 0; round += 1) {
      const before = pending.size;
      for (const entry of pending) {
        const [layer, call] = entry;
        const resolved = resolve(layer.calls[call] as Argument[], values);
        if (resolved === undefined) continue;
        const first = firstCalls.get(layer.name) ?? 0;
        this.call(layer, resolved, model.version).forEach((value, output) => {
          values.set(key(layer.name, first + call, output), value);
        });
        pending.delete(entry);
      }
      if (pending.size === before || round === MOST_ROUNDS) {
        const [[stuck]] = [...pending] as [[LayerNode, number]];
        throw damaged(this.path, `the inputs of layer '${stuck.name}' among the layers`, 'none of that name');
      }
    }
    return model.outputs.map(({ layer, call, output }) => {
      const value = values.get(key(layer, call, output));
      if (!value)
        throw damaged(this.path, `the output '${layer}' of '${model.name}' among its layers`, 'none');
      return value;
    });
  }

  private input(model: ModelNode, layer: LayerNode, args?: readonly Reference[]): Reference {
    if (args === undefined) {
      const { name, config } = layer;
      this.layers.push({ class_name: 'InputLayer', name, config, inbound_nodes: [] });
      this.inputs.push({ layer: name, call: 0, output: 0 });
      return { layer: name, call: 0, output: 0 };
    }
    const given = args[model.inputs.findIndex((input) => input.layer === layer.name)];
    if (!given) throw damaged(this.path, `an input for '${layer.name}' of '${model.name}'`, 'none');
    return given;
  }

  /** Adds one call of a layer and gives its outputs. */
  private call(layer: LayerNode, args: readonly Argument[], version: ModelNode['version']): Reference[] {
    this.calls += 1;
    if (this.calls > MOST_CALLS) throw damaged(this.path, `at most ${MOST_CALLS} calls of layers`, 'more');
    const tensors = args.filter(isReference);
    if (layer.model) return this.run(layer.model, tensors);
    if (isDropped(layer)) return tensors.slice(0, 1);
    const name = this.names.get(layer) as string;
    const { class_name, config } = rewritten(layer, args);
    const steps = activationSteps(config, version);
    if (steps.length === 0) return [this.append(name, class_name, config, tensors)];
    let value = tensors[0] as Reference;
    if (class_name !== 'Activation') {
      value = this.append(name, class_name, { ...config, activation: 'linear' }, tensors);
    }
    const x = value;
    for (const step of steps) {
      const inputs = step.inputs.map((input) => (input === 'x' ? x : value));
      value = this.append(this.free(`${name}${step.suffix}`), step.class_name, step.config, inputs);
    }
    return [value];
  }

  /** A name that no layer of the file has. */
  private free(wished: string): string {
    return this.taken.has(wished) ? this.free(`${wished}_`) : wished;
  }

  /** Adds a layer, or one more call of it. */
  private append(
    name: string,
    class_name: string,
    config: Omit<LayerConfig['config'], 'name'>,
    tensors: readonly Reference[],
  ): Reference {
    let layer = this.made.get(name);
    if (!layer) {
      layer = { class_name, name, config: { ...config, name }, inbound_nodes: [] };
      this.made.set(name, layer);
      this.layers.push(layer);
    }
    const nodes = layer.inbound_nodes as NonNullable<LayerConfig['inbound_nodes']>;
    nodes.push(tensors.map(({ layer: from, call, output }) => [from, call, output, {}]));
    return { layer: name, call: nodes.length - 1, output: 0 };
  }
}

const key = (layer: string, call: number, output: number): string => `${layer}:${call}:${output}`;

function resolve(args: readonly Argument[], values: ReadonlyMap<string, Reference>): Argument[] | undefined {
  const found = args.map((argument) =>
    isReference(argument) ? values.get(key(argument.layer, argument.call, argument.output)) : argument,
  );
  return found.every((argument) => argument !== undefined) ? (found as Argument[]) : undefined;
}

/**
 * The number of each layer's first call. Keras counts the making of a functional model as its call 0, so that the first
 * call by another model is 1; of the calls that it writes down, the last one is used, which tells where it began.
 */
function firstCallsOf(model: ModelNode): Map<string, number> {
  const last = new Map<string, number>();
  const uses = [...model.outputs, ...model.layers.flatMap(({ calls }) => calls.flat().filter(isReference))];
  for (const { layer, call } of uses) last.set(layer, Math.max(call, last.get(layer) ?? 0));
  const nested = model.layers.filter((layer) => layer.model);
  return new Map(
    nested.map(({ name, calls }) => [name, Math.max(0, (last.get(name) ?? 0) + 1 - calls.length)]),
  );
}
