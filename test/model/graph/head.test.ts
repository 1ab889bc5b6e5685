import { describe, expect, test } from 'vitest';
import { cutAt } from '../../../src/model/cut.js';
import { findGraphHead } from '../../../src/model/graph/find-head.js';
import { trainableGraph } from '../../../src/model/graph/index.js';
import { buildForward, Model, NO_PREPROCESSING, swapHead, withDropout } from '../../../src/model/index.js';
import { largestDifference } from '../../weights/tfjs-graph/run-in-tfjs.js';
import { pseudoRandom } from '../run-layers.js';
import { a, GraphBuilder, mobileGraph } from './graph-builder.js';

const images = {
  data: pseudoRandom(2 * 192, { scale: 100 }).map((value) => value + 128),
  shape: [2, 8, 8, 3] as [number, number, number, number],
};

function modelOf(graph: GraphBuilder, labels = ['a', 'b', 'c', 'd', 'e']): Model {
  return new Model({
    ...trainableGraph(graph.frozen),
    labels,
    preprocessing: NO_PREPROCESSING,
    imageSize: 8,
  });
}

async function logitsOf(model: Model): Promise<Float32Array> {
  try {
    return (await model.logits(images)).data;
  } finally {
    await model.dispose();
  }
}

/** Ends of networks, behind an image x of 6 channels; each classifies into 4. */
const HEADS: Record<string, (g: GraphBuilder, x: string) => string> = {
  'a product with its bias as a sum': (g, x) =>
    g.op('AddV2', 'sum', [
      g.op('MatMul', 'top', [pool(g, x), g.floats('top/kernel', [6, 4])]),
      g.floats('top/bias', [4]),
    ]),
  'a product without a bias': (g, x) => g.op('MatMul', 'top', [pool(g, x), g.floats('top/kernel', [6, 4])]),
  'a product with the kernel transposed': (g, x) =>
    g.op('MatMul', 'top', [pool(g, x), g.floats('top/kernel', [4, 6])], {
      transpose_b: a.b(true),
      transpose_a: a.b(false),
    }),
  'a 1 x 1 convolution, squeezed': (g, x) => {
    const conv = g.op('BiasAdd', 'top/BiasAdd', [
      g.conv('top', pool(g, x, true), [1, 1, 6, 4]),
      g.floats('top/bias', [4]),
    ]);
    return g.op('Softmax', 'soft', [g.op('Squeeze', 'squeezed', [conv], { squeeze_dims: a.ints(1, 2) })]);
  },
  'a 1 x 1 convolution, reshaped, of one image': (g, x) => {
    const conv = g.conv('top', pool(g, x, true), [1, 1, 6, 4]);
    const soft = g.op('Softmax', 'soft', [conv]);
    return g.op('Reshape', 'out', [soft, g.ints('out/shape', [1, 4])], { Tshape: a.type('DT_INT32') });
  },
  'a product whose input was flattened as [1, -1]': (g, x) => {
    const flat = g.op('Reshape', 'flat', [pool(g, x, true), g.ints('flat/shape', [1, -1])], {
      Tshape: a.type('DT_INT32'),
    });
    return g.op('MatMul', 'top', [flat, g.floats('top/kernel', [6, 4])]);
  },
};

function pool(g: GraphBuilder, x: string, keep = false): string {
  return g.op('Mean', 'pool', [x, g.ints('axes', [1, 2])], {
    Tidx: a.type('DT_INT32'),
    keep_dims: a.b(keep),
  });
}

describe.each(Object.keys(HEADS))('the head is %s', (name) => {
  const graph = () => {
    const g = new GraphBuilder();
    HEADS[name]!(g, g.conv('stem', g.input(), [3, 3, 3, 6]));
    return g;
  };

  test('it is found, gives logits for batches, and is replaced', async () => {
    const model = modelOf(graph(), ['a', 'b', 'c', 'd']);
    expect(findGraphHead(model.topology as never)).toMatchObject({ size: 6 });
    const { shape } = await model.logits(images);
    await model.dispose();
    expect(shape).toEqual([2, 4]);
    const swapped = swapHead(model, { classes: ['x', 'y', 'z'] });
    const logits = await logitsOf(swapped);
    expect([...logits]).toEqual([0, 0, 0, 0, 0, 0]);
    const { weights } = buildForward(swapped.topology, { training: true });
    expect(weights.map((weight) => [weight.name, weight.shape])).toContainEqual(['top/kernel', [6, 3]]);
  });

  test('classes that it knows keep what they had', async () => {
    const model = modelOf(graph(), ['a', 'b', 'c', 'd']);
    const old = await logitsOf(model);
    const kept = await logitsOf(swapHead(model, { classes: ['new', 'd', 'b'], keepMatchingClasses: true }));
    expect(
      largestDifference([kept[1]!, kept[2]!, kept[4]!, kept[5]!], [old[3]!, old[1]!, old[7]!, old[5]!]),
    ).toBeLessThan(1e-4);
    expect(old[3]).not.toBe(0);
  });
});

test('a new head has a hidden layer, dropout and weights that are drawn', async () => {
  const model = swapHead(modelOf(mobileGraph()), {
    classes: 3,
    hidden: { units: 6, dropout: 0.1 },
    dropout: 0.4,
    initializer: 'variance',
    seed: 1,
  });
  const { weights, random } = buildForward(model.topology, { training: true });
  expect(
    weights.filter(({ name }) => !model.weights.has(name)).map(({ name, shape }) => [name, shape]),
  ).toEqual([
    ['hidden_1/kernel', [7, 6]],
    ['hidden_1/bias', [6]],
    ['predictions/kernel', [6, 3]],
    ['predictions/bias', [3]],
  ]);
  expect(random).toBe(true);
  expect(new Set(await logitsOf(model)).size).toBeGreaterThan(3);
  // Everything but the classifier is shared, not copied.
  expect(model.weights.get('stem/kernel')).toBe(model.weights.get('stem/kernel'));
});

test('dropout in front of the classifier is set, changed and taken away', () => {
  const rates = (model: Model) =>
    (model.topology as { config: { nodes: { attr?: { _dropout?: { f: number } } }[] } }).config.nodes.flatMap(
      ({ attr }) => attr?._dropout?.f ?? [],
    );
  const base = modelOf(mobileGraph());
  expect(rates(withDropout(base, { dropout: 0 }))).toEqual([]);
  const some = withDropout(base, { dropout: 0.2 });
  expect(rates(some)).toEqual([0.2]);
  expect(rates(withDropout(some, { dropout: 0.5 }))).toEqual([0.5]);
  expect(rates(swapHead(some, { classes: 2 }))).toEqual([0.2]);
  expect(() => withDropout(base, { dropConnect: 0.2 })).toThrow('Leave drop-connect out');
});

describe('cutting', () => {
  test('at an image gives its average', async () => {
    const model = modelOf(mobileGraph());
    const cut = cutAt(model, 'prelu');
    const { classes, weights } = buildForward(cut.topology, { training: true });
    expect(classes).toBe(6);
    expect(weights.map(({ name }) => name).sort()).toEqual(
      ['dwconv/bias', 'dwconv/depthwise_kernel', 'prelu/alpha', 'stem/bias', 'stem/kernel'].sort(),
    );
    const swapped = swapHead(cut, { classes: 3, initializer: 'variance' });
    expect(await logitsOf(swapped)).toHaveLength(6);
  });

  test('at what looks like a classifier keeps it: a new one comes behind', () => {
    const cut = cutAt(modelOf(mobileGraph()), 'hidden/Relu/BiasAdd');
    const { weights } = buildForward(swapHead(cut, { classes: 3 }).topology, { training: true });
    expect(weights.map(({ name, shape }) => [name, shape])).toContainEqual(['hidden/kernel', [10, 7]]);
    expect(weights.map(({ name, shape }) => [name, shape])).toContainEqual(['predictions/kernel', [7, 3]]);
  });

  test('is refused by name where it cannot be', () => {
    const model = modelOf(mobileGraph());
    expect(() => cutAt(model, 'net/prelo')).toThrow(/Unknown node 'net\/prelo'\. Did you mean '.*prelu.*'\?/);
    expect(() => cutAt(model, 'input')).toThrow("Nothing of the network is before 'input'");
  });
});
