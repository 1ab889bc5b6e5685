import { afterEach, expect, test } from 'vitest';
import { attr, Fragment, Graph, listDevices, Session, Tensor } from '../../src/tensorflow/index.js';

afterEach(() => expect(Tensor.liveCount).toBe(0));

const TWO = { deviceCount: { CPU: 2 } };

/** y = 2 x + 1, with the gradient of y by x. */
function line(): Graph {
  const graph = new Graph();
  const f = new Fragment();
  f.input('x', 'float32', [3]);
  f.op('Mul', ['x', f.scalar(2)], { T: attr.type('float32') }, 'twice');
  f.op('AddV2', ['twice', f.scalar(1)], { T: attr.type('float32') }, 'y');
  graph.import(f);
  graph.gradients(['y'], ['x'], 'slope');
  return graph;
}

test('a copy of a graph has its nodes on the devices that are asked for, and computes the same', async () => {
  const graph = line();
  const copy = graph.placed((node) =>
    node === 'y' ? '/device:CPU:0' : node.startsWith('slope/') ? '/device:CPU:1' : undefined,
  );
  graph.dispose();
  const session = new Session(copy, TWO);
  const x = Tensor.from('float32', Float32Array.of(1, 2, 3), [3]);
  try {
    expect(copy.deviceOf('y')).toBe('/device:CPU:0');
    expect(copy.deviceOf('twice')).toBe('');
    // A node that is there before another device is asked for: the last one counts.
    const again = copy.placed(() => '/device:CPU:1');
    expect(again.deviceOf('y')).toBe('/device:CPU:1');
    again.dispose();
    const [y] = await session.run([['x', x]], ['y']);
    expect([...(y!.data as Float32Array)]).toEqual([3, 5, 7]);
    y!.dispose();
  } finally {
    x.dispose();
    await session.close();
    copy.dispose();
  }
});

test('the gradients of a graph go along', async () => {
  const graph = new Graph();
  const f = new Fragment();
  f.input('x', 'float32', [3]);
  f.op('Square', ['x'], { T: attr.type('float32') }, 'y');
  graph.import(f);
  const [slope] = graph.gradients(['y'], ['x'], 'slope');
  const copy = graph.placed((node) => (node.startsWith('slope/') ? '/device:CPU:1' : undefined));
  const x = Tensor.from('float32', Float32Array.of(1, 2, 3), [3]);
  const session = new Session(copy, TWO);
  try {
    expect(copy.deviceOf(slope!.split(':')[0]!)).toBe('/device:CPU:1');
    const [found] = await session.run([['x', x]], [slope!]);
    expect([...(found!.data as Float32Array)]).toEqual([2, 4, 6]);
    found!.dispose();
  } finally {
    x.dispose();
    await session.close();
    copy.dispose();
    graph.dispose();
  }
});

test('devices are listed as a session has them', async () => {
  expect((await listDevices(TWO)).map(({ name }) => name.slice(name.indexOf('device:')))).toEqual([
    'device:CPU:0',
    'device:CPU:1',
  ]);
});
