import { afterEach, expect, test } from 'vitest';
import { attr, Fragment, Graph, listDevices, Session, Tensor } from '../../src/tensorflow/index.js';

afterEach(() => expect(Tensor.liveCount).toBe(0));

const TWO = { deviceCount: { CPU: 2 } };

/** y = x x + 1, with the gradient of y by x. */
function parabola(): { graph: Graph; slope: string } {
  const graph = new Graph();
  const f = new Fragment();
  f.input('x', 'float32', [3]);
  f.op('Square', ['x'], { T: attr.type('float32') }, 'square');
  f.op('AddV2', ['square', f.scalar(1)], { T: attr.type('float32') }, 'y');
  graph.import(f);
  const [slope] = graph.gradients(['y'], ['x'], 'slope');
  return { graph, slope: slope! };
}

/** What a graph gives for x = 1, 2, 3, with two devices. */
async function valuesOf(graph: Graph, output: string): Promise<number[]> {
  const session = new Session(graph, TWO);
  const x = Tensor.from('float32', Float32Array.of(1, 2, 3), [3]);
  try {
    const [found] = await session.run([['x', x]], [output]);
    const values = [...(found!.data as Float32Array)];
    found!.dispose();
    return values;
  } finally {
    x.dispose();
    await session.close();
  }
}

test('a copy of a graph has its nodes on the devices that are asked for, and computes the same', async () => {
  const { graph } = parabola();
  const copy = graph.placed((node) => (node === 'y' ? '/device:CPU:0' : undefined));
  graph.dispose();
  try {
    expect(copy.deviceOf('y')).toBe('/device:CPU:0');
    expect(copy.deviceOf('square')).toBe('');
    expect(await valuesOf(copy, 'y')).toEqual([2, 5, 10]);
    // Where another device is asked for, the last one counts.
    const again = copy.placed(() => '/device:CPU:1');
    expect(again.deviceOf('y')).toBe('/device:CPU:1');
    expect(await valuesOf(again, 'y')).toEqual([2, 5, 10]);
    again.dispose();
  } finally {
    copy.dispose();
  }
});

test('the gradients of a graph go along', async () => {
  const { graph, slope } = parabola();
  const copy = graph.placed((node) => (node.startsWith('slope/') ? '/device:CPU:1' : undefined));
  graph.dispose();
  try {
    expect(copy.deviceOf(slope.split(':')[0]!)).toBe('/device:CPU:1');
    expect(await valuesOf(copy, slope)).toEqual([2, 4, 6]);
  } finally {
    copy.dispose();
  }
});

test('devices are listed as a session has them', async () => {
  expect((await listDevices(TWO)).map(({ name }) => name.slice(name.indexOf('device:')))).toEqual([
    'device:CPU:0',
    'device:CPU:1',
  ]);
});
