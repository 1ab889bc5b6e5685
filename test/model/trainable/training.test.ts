import { afterEach, describe, expect, test } from 'vitest';
import { trainableGraph } from '../../../src/model/graph/index.js';
import { buildForward, type Model } from '../../../src/model/index.js';
import { frozenWeights, learningRateFactors } from '../../../src/model/trainable/index.js';
import { Tensor } from '../../../src/tensorflow/index.js';
import { differing, runSteps } from '../../train/run-steps.js';
import { plain, smallTopology } from '../../train/small-network.js';
import { givenModel } from '../given-model.js';
import { frozenGraph } from '../graph/folded-graph.js';

afterEach(() => expect(Tensor.liveCount).toBe(0));

const layers = givenModel(smallTopology(), ['a', 'b', 'c']);
const graph = layers.with(trainableGraph({ name: 'small', outputs: [], ...frozenGraph(layers) }));

const steps = { rho: 0.05, steps: 2, learningRate: 0.01 };
const weightsOf = ({ topology }: Model) => buildForward(topology, { training: true }).weights;

describe.each([
  ['a layers model', layers],
  ['a graph', graph],
])('in %s', (_, model) => {
  test('what is frozen stays to the bit, its moving statistics as well; the rest learns', async () => {
    const frozen = frozenWeights(model, weightsOf(model), ['stem_*']);
    const { weights } = await runSteps(model, { ...plain, frozen }, steps);
    expect([...frozen].toSorted()).toEqual([
      ...[
        'stem_bn/beta',
        'stem_bn/gamma',
        'stem_bn/moving_mean',
        'stem_bn/moving_variance',
        'stem_conv/kernel',
      ],
    ]);
    expect(differing(weights, model.weights).toSorted()).toEqual(
      [...model.weights.keys()].filter((name) => !frozen.has(name)).toSorted(),
    );
  });

  test('a body at a rate of 0 stays too, but its batch normalizations see the images', async () => {
    const rateOf = learningRateFactors(model, { bodyRate: 0 });
    const { weights } = await runSteps(model, { ...plain, rateOf }, steps);
    expect(differing(weights, model.weights).toSorted()).toEqual([
      ...['dw_bn/moving_mean', 'dw_bn/moving_variance', 'predictions/bias', 'predictions/kernel'],
      ...['stem_bn/moving_mean', 'stem_bn/moving_variance'],
    ]);
  });
});
