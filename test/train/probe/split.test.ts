import { afterEach, describe, expect, test } from 'vitest';
import { findBase } from '../../../models/catalogue/index.js';
import type { SequentialTopology } from '../../../models/topology.js';
import { InputError } from '../../../src/errors.js';
import { trainableGraph } from '../../../src/model/graph/index.js';
import { buildForward, cutAt, Model, NO_PREPROCESSING, swapHead } from '../../../src/model/index.js';
import { Tensor } from '../../../src/tensorflow/index.js';
import { joinHead, splitAtHead } from '../../../src/train/probe/index.js';
import { givenModel } from '../../model/given-model.js';
import { frozenGraph } from '../../model/graph/folded-graph.js';
import { mobileGraph } from '../../model/graph/graph-builder.js';
import { pseudoRandom } from '../../model/run-layers.js';
import { smallTopology } from '../small-network.js';

afterEach(() => expect(Tensor.liveCount).toBe(0));

const LABELS = ['a', 'b', 'c'];

/** Random weights for everything that a topology has. */
function filled(model: Model): Model {
  const { weights } = buildForward(model.topology, { training: false, imageSize: model.imageSize });
  return model.with({
    weights: new Map(
      weights.map(({ name, shape }, i) => {
        const size = shape.reduce((a, b) => a * b, 1);
        const positive = name.endsWith('moving_variance') ? 1 : 0;
        const data = pseudoRandom(size, { seed: i + 1, scale: 0.5 }).map((x) => x + positive);
        return [name, { dtype: 'float32', shape, data }];
      }),
    ),
  });
}

const chain: SequentialTopology = {
  class_name: 'Sequential',
  config: {
    name: 'chain',
    layers: [
      {
        class_name: 'Conv2D',
        config: { name: 'conv', filters: 4, kernel_size: 3, batch_input_shape: [null, 8, 8, 3] },
      },
      { class_name: 'Dropout', config: { name: 'dropped', rate: 0.5 } },
      { class_name: 'Flatten', config: { name: 'flat' } },
      { class_name: 'Dense', config: { name: 'scores', units: 3, activation: 'softmax' } },
    ],
  },
};

const small = givenModel(smallTopology({ dropout: 0.2 }), LABELS);
const modelOf = (topology: Model['topology'], imageSize = 8): Model =>
  new Model({ topology, weights: new Map(), labels: LABELS, preprocessing: NO_PREPROCESSING, imageSize });
const graphOf = (model: Model) =>
  model.with(trainableGraph({ name: 'graph', outputs: [], ...frozenGraph(model) }));
const mobileNet = modelOf(
  findBase('mobilenet-v3-small')!.build({ imageSize: 32, classes: 3, includePreprocessing: false }),
  32,
);

const MODELS: Record<string, { model: Model; features: number; head: readonly string[] }> = {
  'a network with dropout': {
    model: small,
    features: 6,
    head: ['predictions/kernel', 'predictions/bias'],
  },
  'a new hidden layer': {
    model: filled(swapHead(small, { classes: LABELS, hidden: { units: 5, dropout: 0.1 } })),
    features: 6,
    head: ['hidden/kernel', 'hidden/bias', 'predictions/kernel', 'predictions/bias'],
  },
  'a classifier that is a convolution': {
    model: filled(mobileNet),
    features: 1024,
    head: ['logits/kernel', 'logits/bias'],
  },
  'a chain whose head takes an image': {
    model: filled(modelOf(chain)),
    features: 6 * 6 * 4,
    head: ['scores/kernel', 'scores/bias'],
  },
  'a graph': {
    model: graphOf(givenModel(smallTopology(), LABELS)),
    features: 6,
    head: ['predictions/kernel', 'predictions/bias'],
  },
  'a graph with a hidden layer of its own': {
    model: modelOf(trainableGraph(mobileGraph({ classes: 3 }).frozen).topology).with({
      weights: trainableGraph(mobileGraph({ classes: 3 }).frozen).weights,
    }),
    features: 7,
    head: ['predictions/kernel', 'predictions/bias'],
  },
  'a graph with a new hidden layer': {
    model: filled(
      swapHead(graphOf(givenModel(smallTopology(), LABELS)), {
        classes: LABELS,
        hidden: { units: 5, dropout: 0.1 },
        dropout: 0.2,
      }),
    ),
    features: 6,
    head: ['hidden/kernel', 'hidden/bias', 'predictions/kernel', 'predictions/bias'],
  },
};

describe.each(Object.keys(MODELS))('%s', (name) => {
  const { model, features, head: headWeights } = MODELS[name]!;

  test('is what its two parts are, one behind the other', async () => {
    const { body, head } = splitAtHead(model);
    const size = model.imageSize;
    const data = pseudoRandom(4 * size * size * 3, { scale: 100 }).map((value) => value + 128);
    try {
      const { data: expected } = await model.logits({ data, shape: [4, size, size, 3] });
      const found = await body.logits({ data, shape: [4, size, size, 3] });
      expect(found.shape).toEqual([4, features]);
      expect(head.inputShape).toEqual([1, 1, features]);
      const { data: logits } = await head.logits({ data: found.data, shape: [4, 1, 1, features] });
      expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(0.01);
      for (const [i, value] of logits.entries()) expect(value).toBeCloseTo(expected[i]!, 4);
    } finally {
      for (const each of [model, body, head]) await each.dispose();
    }
  });

  test('shares its weights out, and gets them back', () => {
    const { body, head } = splitAtHead(model);
    expect([...head.weights.keys()].toSorted()).toEqual([...headWeights].toSorted());
    expect([...body.weights.keys(), ...head.weights.keys()].toSorted()).toEqual(
      [...model.weights.keys()].toSorted(),
    );
    expect([head.labels, body.labels, head.imageSize]).toEqual([LABELS, [], 1]);
    const trained = new Map(head.weights);
    const bias = { dtype: 'float32', shape: [3], data: Float32Array.of(1, 2, 3) } as const;
    trained.set(headWeights.at(-1)!, bias);
    const joined = joinHead(model, head.with({ weights: trained }));
    expect(joined.topology).toBe(model.topology);
    for (const [weight, value] of joined.weights) {
      expect(value).toBe(weight === headWeights.at(-1) ? bias : model.weights.get(weight));
    }
    expect(joined.weights.size).toBe(model.weights.size);
  });

  test('trains the weights of its head, behind its dropout', () => {
    const { head } = splitAtHead(model);
    const { weights, random } = buildForward(head.topology, { training: true, imageSize: 1 });
    expect(
      weights
        .filter(({ trainable }) => trainable)
        .map((weight) => weight.name)
        .toSorted(),
    ).toEqual([...headWeights].toSorted());
    const drops = JSON.stringify(model.topology).match(/"(dropped|dropout|hidden_dropout|top_dropout)"/);
    expect(random).toBe(drops !== null);
  });
});

test('a network without a head is refused', () => {
  const features = cutAt(small, 'stem_activation');
  expect(() => splitAtHead(features)).toThrow(InputError);
  expect(() => splitAtHead(features)).toThrow(/ends in features.*swapHead/);
});
