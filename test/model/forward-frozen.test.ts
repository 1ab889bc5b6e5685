import { describe, expect, test } from 'vitest';
import { findBase } from '../../models/catalogue/index.js';
import type { FunctionalTopology } from '../../models/topology.js';
import { trainableGraph } from '../../src/model/graph/index.js';
import { buildForward, type Forward, type Model } from '../../src/model/index.js';
import { smallTopology } from '../train/small-network.js';
import { givenModel } from './given-model.js';
import { frozenGraph } from './graph/folded-graph.js';
import { layerModel } from './layer-model.js';
import { runFragment } from './run-fragment.js';
import { pseudoRandom } from './run-layers.js';

const layers = givenModel(smallTopology(), ['a', 'b', 'c']);
const graph = layers.with(trainableGraph({ name: 'small', outputs: [], ...frozenGraph(layers) }));

const images = { values: pseudoRandom(4 * 192, { scale: 2 }), shape: [4, 8, 8, 3] };

async function run({ weights }: Model, forward: Forward, fetches: readonly string[]) {
  const feeds = Object.fromEntries(
    forward.weights.map(({ name, shape }) => [
      name,
      { values: weights.get(name)!.data as Float32Array, shape },
    ]),
  );
  return runFragment(forward.fragment, { ...feeds, images }, fetches);
}

describe.each([
  ['a layers model', layers],
  ['a graph', graph],
])('frozen layers of %s', (_, model) => {
  const forwardOf = (frozen?: (layer: string) => boolean) =>
    buildForward(model.topology, { training: true, ...(frozen && { frozen }) });

  test('report no statistics, the others do', () => {
    const reporting = (frozen?: (layer: string) => boolean) =>
      forwardOf(frozen).statistics.map(({ layer }) => layer);
    expect(reporting()).toEqual(['stem_bn', 'dw_bn']);
    expect(reporting((layer) => layer === 'stem_bn')).toEqual(['dw_bn']);
    expect(reporting(() => true)).toEqual([]);
  });

  test('normalize with their moving statistics, so that an image does not hang on the others of its batch', async () => {
    const inference = buildForward(model.topology, { training: false });
    const [expected] = await run(model, inference, [inference.logits]);
    const frozen = forwardOf(() => true);
    expect((await run(model, frozen, [frozen.logits]))[0]).toEqual(expected);
    const partly = forwardOf((layer) => layer === 'stem_bn');
    const training = forwardOf();
    const [one] = await run(model, partly, [partly.logits]);
    const [other] = await run(model, training, [training.logits]);
    expect(one!.values).not.toEqual(expected!.values);
    expect(one!.values).not.toEqual(other!.values);
  });

  test('are the same weights', () => {
    expect(forwardOf(() => true).weights.map(({ name }) => name)).toEqual(
      forwardOf().weights.map(({ name }) => name),
    );
  });
});

describe('what each layer gives', () => {
  test('is there by name, in order, but for the input', async () => {
    const forward = buildForward(layers.topology, { training: false });
    const { layers: all } = (layers.topology as FunctionalTopology).config;
    expect([...forward.outputs.keys()]).toEqual(all.slice(1).map(({ name }) => name));
    const wanted = ['stem_activation', 'pool', 'average', 'predictions'].map(
      (name) => forward.outputs.get(name)!,
    );
    const found = await run(layers, forward, [...wanted, forward.logits]);
    expect(found.map(({ shape }) => shape)).toEqual([
      [4, 8, 8, 6],
      [4, 4, 4, 6],
      [4, 6],
      [4, 3],
      [4, 3],
    ]);
    expect(Math.min(...found[0]!.values)).toBe(0);
    expect(found[3]).toEqual(found[4]);
  });

  test('of a shared layer is that of its last call', async () => {
    const topology = layerModel([2, 2, 1], (b, x) => b.activation('twice', x, 'relu'));
    const [, twice, flatten] = topology.config.layers;
    twice!.inbound_nodes = [[['input', 0, 0, {}]], [['twice', 0, 0, {}]]];
    twice!.config.activation = 'exponential';
    flatten!.inbound_nodes = [[['twice', 1, 0, {}]]];
    const forward = buildForward(topology, { training: false });
    const input = { values: [0, 0.5, 1, -1], shape: [1, 2, 2, 1] };
    const [last] = await runFragment(forward.fragment, { images: input }, [forward.outputs.get('twice')!]);
    last!.values.forEach((value, i) => {
      expect(value).toBeCloseTo(Math.exp(Math.exp(input.values[i]!)), 4);
    });
  });

  test('is left out for a layer that gives the images themselves: a parameter is no node where it is bound', () => {
    const topology = layerModel([2, 2, 1], (b, x) => b.dropout('nothing', x, { rate: 0 }));
    expect([...buildForward(topology, { training: true }).outputs.keys()]).toEqual(['flatten']);
  });

  test('of a graph is float32 and comes by operation; sizes and constants are none', async () => {
    const forward = buildForward(graph.topology, { training: false });
    expect([...forward.outputs.keys()].every((name) => !graph.weights.has(name))).toBe(true);
    const found = await run(graph, forward, [...forward.outputs.values()]);
    expect(found.length).toBeGreaterThan(8);
    expect(found.at(-1)!.shape).toEqual([4, 3]);
    for (const { values } of found) expect(values.every(Number.isFinite)).toBe(true);
  });

  test('of a real network is one a layer', () => {
    const topology = findBase('efficientnet-b0')!.build({ imageSize: 32 }) as FunctionalTopology;
    const { outputs, fragment } = buildForward(topology, { training: true });
    expect(outputs.size).toBe(topology.config.layers.length - 1);
    for (const output of outputs.values()) expect(fragment.has(output)).toBe(true);
  });
});
