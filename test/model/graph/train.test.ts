import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { exportModel } from '../../../src/export/index.js';
import { trainableGraph } from '../../../src/model/graph/index.js';
import { buildForward, Model, NO_PREPROCESSING, swapHead } from '../../../src/model/index.js';
import { Tensor } from '../../../src/tensorflow/index.js';
import { fineTune } from '../../../src/train/index.js';
import { readModel } from '../../../src/weights/model-folder.js';
import { differing, runSteps } from '../../train/run-steps.js';
import { arrayTask, plain } from '../../train/small-network.js';
import { a, type GraphBuilder, mobileGraph } from './graph-builder.js';

const folder = mkdtempSync(join(tmpdir(), 'sam-finetune-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function modelOf(graph: GraphBuilder = mobileGraph({ classes: 3 })): Model {
  const labels = ['class 0', 'class 1', 'class 2'];
  return new Model({
    ...trainableGraph(graph.frozen),
    labels,
    preprocessing: NO_PREPROCESSING,
    imageSize: 8,
  });
}

const node = (graph: GraphBuilder, name: string) => graph.nodes.find((each) => each.name === name)!;

describe('a graph', () => {
  test('takes SAM steps: every weight moves, what prepares the images does not', async () => {
    const live = Tensor.liveCount;
    const model = modelOf();
    const { results, weights } = await runSteps(model, plain, { rho: 0.05, steps: 3, learningRate: 0.01 });
    expect(results).toHaveLength(3);
    for (const { loss, perturbedLoss } of results) expect(perturbedLoss).toBeGreaterThan(loss);
    const names = [...model.weights.keys()];
    expect(differing(weights, model.weights).sort()).toEqual(names.sort());
    expect(names).toHaveLength(13);
    expect(Tensor.liveCount).toBe(live);
  });

  test('drops the same in both passes and in a run again, and something else in another step', async () => {
    const model = swapHead(modelOf(), { classes: 3, dropout: 0.5, initializer: 'variance' });
    const still = { ...plain, sam: { method: 'sam' as const } };
    const run = (seed: number) =>
      runSteps(model, { ...still, seed }, { rho: 0, steps: 2, learningRate: 0.01 });
    const [first, again, other] = [await run(1), await run(1), await run(2)];
    expect(first.results).toEqual(again.results);
    expect(first.results[0]!.loss).not.toBe(other.results[0]!.loss);
    // With a radius of zero both passes are the same, as long as they drop the same.
    for (const { loss, perturbedLoss } of first.results) expect(perturbedLoss).toBe(loss);
  });

  test('is fine-tuned, saved, evaluated and exported like any model', async () => {
    const out = join(folder, 'run');
    const task = arrayTask(24);
    const recipe = { epochs: 2, batchSize: 8, seed: 1, imageSize: 8 };
    const { model } = await fineTune(swapHead(modelOf(), { classes: task.classes }), task, recipe, { out });
    const saved = await readModel(join(out, 'model'));
    expect(saved.topology.class_name).toBe('Graph');
    expect(differing(saved.weights, model.weights)).toEqual([]);
    await exportModel(model, { out: join(folder, 'exported') });
    expect((await readModel(join(folder, 'exported'))).labels).toEqual(task.classes);
  });
});

describe('what cannot be trained is named', () => {
  test('an operation without a gradient, with the way out', () => {
    const graph = mobileGraph({ classes: 3 });
    node(graph, 'net/stop').op = 'FloorDiv';
    node(graph, 'net/stop').input = ['net/identity', graph.floats('net/divisor', [])];
    const { topology } = modelOf(graph);
    expect(buildForward(topology, { training: false }).classes).toBe(3);
    expect(() => buildForward(topology, { training: true })).toThrow(
      /node 'net\/stop' is a FloorDiv, which has no gradient .* Cut the network before it \(--from-layer NODE\), or take a layers model/,
    );
  });

  test('but not one that the images go through before the first weight', () => {
    const graph = mobileGraph({ classes: 3 });
    node(graph, 'net/scaled').op = 'FloorDiv';
    const { topology } = modelOf(graph);
    expect(buildForward(topology, { training: true }).weights).toHaveLength(13);
  });
});

test('images of a fixed size and batch, and of whole numbers', async () => {
  const graph = mobileGraph({ classes: 3 });
  node(graph, 'input').attr = { dtype: a.type('DT_INT32'), shape: a.shape(1, 8, 8, 3) };
  graph.nodes.unshift({
    name: 'net/cast',
    op: 'Cast',
    input: ['input'],
    attr: { SrcT: a.type('DT_INT32'), DstT: a.type() },
  });
  node(graph, 'net/scaled').input![0] = 'net/cast';
  const model = modelOf(graph);
  const larger = model.with({ imageSize: 11 });
  expect(larger.inputShape).toEqual([11, 11, 3]);
  const pixels = { data: new Uint8Array(3 * 121 * 3).fill(77), shape: [3, 11, 11, 3] as const };
  const { shape, data } = await larger.logits(pixels);
  await larger.dispose();
  expect(shape).toEqual([3, 3]);
  expect([...data.slice(0, 3)]).toEqual([...data.slice(3, 6)]);
});
