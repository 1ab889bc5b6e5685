import { afterEach, describe, expect, test } from 'vitest';
import { findBase } from '../../../models/catalogue/index.js';
import { FunctionalBuilder } from '../../../models/functional-builder.js';
import type { Topology } from '../../../models/topology.js';
import { trainableGraph } from '../../../src/model/graph/index.js';
import { buildForward } from '../../../src/model/index.js';
import { recomputedGradients, segmentForward } from '../../../src/model/segments/index.js';
import { Fragment, Graph, type Output, Session, sizeOf, Tensor } from '../../../src/tensorflow/index.js';
import { smallTopology } from '../../train/small-network.js';
import { mobileGraph } from '../graph/graph-builder.js';
import { pseudoRandom } from '../run-layers.js';

afterEach(() => expect(Tensor.liveCount).toBe(0));

const BATCH = 3;

/** The gradients of the mean square of a topology's logits, plain and recomputed, by the same run. */
async function bothGradients(
  topology: Topology,
  { imageSize, learns = () => true }: { imageSize: number; learns?: (weight: string) => boolean },
) {
  const forward = buildForward(topology, { training: true, imageSize });
  const segments = segmentForward(topology, forward, { imageSize });
  const trained = forward.weights
    .filter(({ name, trainable }) => trainable && learns(name))
    .map(({ name }) => name);
  const graph = new Graph();
  const root = new Fragment();
  root.input('images', 'float32', [-1, ...forward.inputShape]);
  root.input('seed', 'int64', [2]);
  for (const { name, shape } of forward.weights) root.input(`weight/${name}`, 'float32', shape);
  graph.import(root);
  const bindings: Record<string, Output> = {
    images: 'images',
    ...(forward.random && { seed: 'seed' }),
    ...Object.fromEntries(forward.weights.map(({ name }) => [name, `weight/${name}`])),
  };
  graph.import(forward.fragment, 'pass', bindings);
  const squared = new Fragment();
  squared.reduce('Mean', squared.math('Square', [squared.input('x')]), [0, 1], { name: 'loss' });
  graph.import(squared, 'objective', { x: `pass/${forward.logits}` });
  const loss = 'objective/loss';
  const plain = graph.gradients(
    [loss],
    trained.map((name) => bindings[name]!),
    'plain',
  );
  const at = 'recomputed';
  const found = recomputedGradients(graph, {
    segments,
    prefix: 'pass',
    bindings,
    loss,
    weights: trained,
    at,
  });
  const session = new Session(graph, { grappler: false });
  const images = [BATCH, ...forward.inputShape];
  const feeds: [string, Tensor][] = [
    ['images', Tensor.from('float32', pseudoRandom(sizeOf(images)), images)],
    ['seed', Tensor.from('int64', [3n, 4n])],
    ...forward.weights.map(({ name, shape }, i): [string, Tensor] => {
      const isVariance = name.endsWith('variance');
      const scale = shape.length > 1 ? Math.sqrt(3 / sizeOf(shape.slice(0, -1))) : 0.5;
      const values = pseudoRandom(sizeOf(shape), { seed: i + 1, scale });
      return [`weight/${name}`, Tensor.from('float32', isVariance ? values.map(Math.abs) : values, shape)];
    }),
  ];
  try {
    const results = await session.run(feeds, [...plain, ...trained.map((name) => found.get(name)!)]);
    const copies = results.map(({ data }) => Buffer.from(Float32Array.from(data as Float32Array).buffer));
    for (const tensor of results) tensor.dispose();
    return {
      segments,
      again: segments.map((_, i) => graph.has(`${at}/segment${i}/gate/input`)),
      trained,
      differing: trained.filter((_, i) => !copies[i]!.equals(copies[trained.length + i]!)),
      zero: trained.filter((_, i) => copies[i]!.every((byte) => byte === 0)),
    };
  } finally {
    for (const [, tensor] of feeds) tensor.dispose();
    await session.close();
    graph.dispose();
  }
}

describe('recomputed gradients are the plain ones, bit for bit', () => {
  test('of the small network, with its masks', async () => {
    const topology = smallTopology({ dropout: 0.3, dropConnect: 0.3 });
    const { segments, differing, zero } = await bothGradients(topology, { imageSize: 8 });
    expect(segments.length).toBeGreaterThan(1);
    expect(differing).toEqual([]);
    expect(zero).toEqual([]);
  });

  test('of EfficientNet-B0, cut between its blocks', async () => {
    const topology = findBase('efficientnet-b0')!.build({ classes: 4, imageSize: 32 });
    const { segments, trained, differing } = await bothGradients(topology, {
      imageSize: 32,
    });
    expect(segments.length).toBeGreaterThan(3);
    // Every weight is in one segment.
    expect(segments.flatMap(({ weights }) => weights).sort()).toEqual(
      buildForward(topology, { training: true, imageSize: 32 })
        .weights.map(({ name }) => name)
        .filter((name) => !/moving_/.test(name))
        .sort(),
    );
    expect(trained.length).toBeGreaterThan(200);
    expect(differing).toEqual([]);
  });

  test('of the last layers alone, with nothing computed again that lies before them', async () => {
    const topology = findBase('efficientnet-b0')!.build({ classes: 4, imageSize: 32 });
    const learns = (name: string) => /^(block7a|top|probs|predictions)/.test(name);
    const { segments, again, trained, differing } = await bothGradients(topology, { imageSize: 32, learns });
    expect(trained.length).toBeGreaterThan(10);
    expect(differing).toEqual([]);
    const learning = segments.map(({ weights }) => weights.some(learns));
    expect(learning[0]).toBe(false);
    // The last segment is there from the pass itself.
    expect(again).toEqual(learning.map((each, i) => each && i < segments.length - 1));
  });

  test('of a graph, with what fused operations are made of', async () => {
    const { topology } = trainableGraph(mobileGraph({ classes: 3 }).frozen);
    const { segments, trained, differing } = await bothGradients(topology, { imageSize: 16 });
    expect(segments.length).toBeGreaterThan(1);
    expect(trained.length).toBeGreaterThan(8);
    expect(differing).toEqual([]);
  });

  test('where a layer is called twice, which keeps its calls in one segment', async () => {
    const initializer = { class_name: 'Zeros', config: {} };
    const b = new FunctionalBuilder('twice');
    const input = b.input('input', [8, 8, 3]);
    let x = input;
    for (let i = 0; i < 12; i++) x = b.conv2d(`conv${i}`, x, { filters: 3, kernelSize: 3, initializer });
    const average = b.globalAveragePooling2d('average', x);
    const topology = b.topology(input, b.dense('predictions', average, { units: 3, initializer }));
    const inboundOf = (name: string) =>
      topology.config.layers.find((layer) => layer.name === name)!.inbound_nodes!;
    inboundOf('conv1').push([['conv1', 0, 0, {}]]);
    inboundOf('conv2')[0]![0]![1] = 1;
    const { segments, differing } = await bothGradients(topology, { imageSize: 8 });
    expect(differing).toEqual([]);
    const owners = segments.filter(({ weights }) => weights.includes('conv1/kernel'));
    expect(owners).toHaveLength(1);
    expect(segments.length).toBeGreaterThan(2);
  });
});
