import { afterEach, expect, test } from 'vitest';
import { attr, Fragment, Graph, Session, Tensor, TensorFlowError } from '../../src/tensorflow/index.js';
import { Program } from '../../src/train/index.js';
import { batchOf } from '../train/run-steps.js';
import { plain, smallModel } from '../train/small-network.js';
import { Resident } from './resident.js';

afterEach(() => expect(Tensor.liveCount).toBe(0));

// What is lost in 50 runs is seen by their results being large: 1 MB each.
const FLOATS = 2 ** 18;
const LIMIT = 64 * 1024;

test('runs that fail leave no tensor, and resident memory as it is', async () => {
  const f = new Fragment();
  f.input('x', 'float32', [FLOATS]);
  f.input('which', 'int32', []);
  f.math('Neg', ['x'], 'float32', 'fine');
  const parameters = {
    Tparams: attr.type('float32'),
    Tindices: attr.type('int32'),
    Taxis: attr.type('int32'),
  };
  f.op(
    'GatherV2',
    ['fine', 'which', f.constant(Int32Array.of(0), [])],
    { ...parameters, batch_dims: attr.int(0) },
    'one',
  );
  const graph = new Graph();
  graph.import(f);
  const session = new Session(graph);
  const resident = new Resident();
  const x = Tensor.allocate('float32', [FLOATS]);
  x.data.fill(1);
  const outside = Tensor.from('int32', [FLOATS], []);
  const inside = Tensor.from('int32', [3], []);
  for (let run = 1; run <= 400; run++) {
    const failing = session.run(
      [
        ['x', x],
        ['which', outside],
      ],
      ['fine', 'one'],
    );
    await expect(failing).rejects.toThrow(TensorFlowError);
    resident.after(run, { warmUp: 100 });
  }
  expect(Tensor.liveCount).toBe(3);
  expect(resident.growth).toBeLessThan(LIMIT);
  // The session is as good as before.
  const [fine, one] = await session.run(
    [
      ['x', x],
      ['which', inside],
    ],
    ['fine', 'one'],
  );
  expect(one!.item()).toBe(-1);
  for (const tensor of [x, outside, inside, fine!, one!]) tensor.dispose();
  await session.close();
  graph.dispose();
});

test('steps that fail leave no tensor, and the program as it was', async () => {
  const program = Program.create(smallModel(), plain);
  await program.start();
  const { images, labels } = batchOf(4);
  const wrong = Tensor.from('int32', [0, 1, 2]);
  const step = { step: 0, learningRate: 0.1, rho: 0.05 };
  for (let i = 0; i < 50; i++) {
    await expect(program.step({ ...step, batches: [{ images, labels: wrong }] })).rejects.toThrow(
      TensorFlowError,
    );
  }
  expect(Tensor.liveCount).toBe(3);
  const { loss } = await program.step({ ...step, batches: [{ images, labels }] });
  expect(loss).toBeGreaterThan(0);
  for (const tensor of [images, labels, wrong]) tensor.dispose();
  await program.close();
});

test('programs and models that cannot be assembled or started leave nothing', async () => {
  const resident = new Resident();
  const model = smallModel();
  // The session comes last: all of the graph is there when it is refused.
  const refused = { ...plain, session: { precision: 'none such' as 'float32' } };
  const wrong = { dtype: 'float32' as const, shape: [6, 3], data: new Float32Array(5) };
  const unfit = smallModel({ weights: new Map([['predictions/kernel', wrong]]) });
  for (let i = 1; i <= 250; i++) {
    expect(() => Program.create(model, refused)).toThrow(TypeError);
    if (i % 10 === 0) {
      const { data, shape } = { data: new Uint8Array(192), shape: [1, 8, 8, 3] as const };
      await expect(unfit.logits({ data, shape })).rejects.toThrow(/'predictions\/kernel', received 5/);
      await unfit.dispose();
    }
    resident.after(i, { warmUp: 100 });
  }
  expect(resident.growth).toBeLessThan(LIMIT);
});
