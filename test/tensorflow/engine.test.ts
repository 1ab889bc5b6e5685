import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  attr,
  Fragment,
  Graph,
  Session,
  Tensor,
  TensorFlowError,
  tensorflowVersion,
} from '../../src/tensorflow/index.js';

let graph: Graph;
let session: Session;
let before: number;

beforeEach(() => {
  before = Tensor.liveCount;
  graph = new Graph();
  session = new Session(graph);
});

afterEach(async () => {
  await session.close();
  graph.dispose();
  expect(Tensor.liveCount).toBe(before);
});

async function values(feeds: [string, Tensor][], fetch: string): Promise<number[]> {
  const [result] = await session.run(feeds, [fetch]);
  const copy = [...result!.data].map(Number);
  result!.dispose();
  for (const [, tensor] of feeds) tensor.dispose();
  return copy;
}

describe('tensor', () => {
  test('keeps values, shape and type; a disposed one throws instead of reading freed memory', () => {
    const tensor = Tensor.from('float32', [1, 2, 3, 4, 5, 6], [2, 3]);
    expect([...tensor.data]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(tensor.shape).toEqual([2, 3]);
    tensor.dispose();
    tensor.dispose();
    expect(() => tensor.data).toThrow(/already disposed/);
  });

  test('counts values against the shape', () => {
    expect(() => Tensor.from('int32', [1, 2, 3], [2, 2])).toThrow(
      'Expected 4 values for a tensor of [2,2], received 3.',
    );
  });

  test('handles 64-bit integers, bytes and tensors without elements', () => {
    const long = Tensor.from('int64', [2n ** 40n, -1n]);
    const bytes = Tensor.from('uint8', [255, 0]);
    const none = Tensor.from('float32', [], [0]);
    expect([...long.data]).toEqual([2n ** 40n, -1n]);
    expect([...bytes.data]).toEqual([255, 0]);
    expect(none.data.length).toBe(0);
    for (const tensor of [long, bytes, none]) tensor.dispose();
  });
});

describe('graph and session', () => {
  test('the version is a version', () => expect(tensorflowVersion()).toMatch(/^2\.\d+\.\d+/));

  test('a fragment is imported twice, on different inputs', async () => {
    const root = new Fragment();
    root.input('x', 'float32', [-1]);
    root.math('Neg', ['x'], 'float32', 'minus');
    graph.import(root);
    const double = new Fragment();
    double.math('Add', [double.input('a'), 'a'], 'float32', 'sum');
    graph.import(double, 'one', { a: 'x' });
    graph.import(double, 'two', { a: 'minus' });
    expect(await values([['x', Tensor.from('float32', [1, 2])]], 'one/sum')).toEqual([2, 4]);
    expect(await values([['x', Tensor.from('float32', [1, 2])]], 'two/sum')).toEqual([-2, -4]);
  });

  test('gradients are those of calculus, and refused where there is no dependence', async () => {
    const f = new Fragment();
    f.input('x', 'float32', [2]);
    f.input('y', 'float32', [2]);
    f.math('Square', ['x'], 'float32', 'loss');
    graph.import(f);
    expect(() => graph.gradients(['loss'], ['x', 'y'], 'none')).toThrow(/'y'/);
    const [dx] = graph.gradients(['loss'], ['x'], 'gradients');
    expect(await values([['x', Tensor.from('float32', [3, -4])]], dx!)).toEqual([6, -8]);
  });

  test('other outputs than the first are named by their index', async () => {
    const f = new Fragment();
    f.input('x', 'float32', [3]);
    f.op(
      'TopKV2',
      ['x', f.constant(Int32Array.of(1), [])],
      { T: attr.type('float32'), sorted: attr.bool(true) },
      'top',
    );
    graph.import(f);
    expect(await values([['x', Tensor.from('float32', [1, 9, 3])]], 'top:1')).toEqual([1]);
    await expect(session.run([], ['top:5'])).rejects.toThrow("The node 'top' has no output 5.");
  });

  test('a failing node is named, with the code, and nothing stays allocated', async () => {
    const f = new Fragment();
    f.input('a', 'float32');
    f.input('b', 'float32');
    f.op('MatMul', ['a', 'b'], { T: attr.type('float32') }, 'product');
    graph.import(f);
    const feeds: [string, Tensor][] = [
      ['a', Tensor.from('float32', [1, 2], [1, 2])],
      ['b', Tensor.from('float32', [1, 2, 3], [3, 1])],
    ];
    const error: TensorFlowError = await session.run(feeds, ['product']).then(
      () => undefined as never,
      (reason) => reason,
    );
    for (const [, tensor] of feeds) tensor.dispose();
    expect(error).toBeInstanceOf(TensorFlowError);
    expect(error.node).toBe('product');
    expect(error.code).toBe('INVALID_ARGUMENT');
    expect(error.message).toMatch(/Matrix size-incompatible/);
  });

  test('an operation that does not exist is refused by name at import', () => {
    const f = new Fragment();
    f.op('NoSuchOperation');
    expect(() => graph.import(f)).toThrow(/NoSuchOperation/);
    expect(() => graph.operation('nowhere')).toThrow("The graph has no node 'nowhere'.");
  });

  test('an operation without a gradient is named', () => {
    const f = new Fragment();
    f.input('x', 'float32', [2]);
    f.math('Floor', ['x'], 'float32', 'down');
    f.math('Lgamma', ['down'], 'float32', 'loss');
    f.math('Igamma', ['x', 'x'], 'float32', 'special');
    graph.import(f);
    expect(() => graph.gradients(['special'], ['x'], 'g')).toThrow(/Igamma/);
  });

  test('timers go on while the graph runs, and close waits for a run under way', async () => {
    const f = new Fragment();
    f.input('a', 'float32', [1500, 1500]);
    let x = 'a';
    for (let i = 0; i < 6; i++) x = f.op('MatMul', [x, 'a'], { T: attr.type('float32') });
    f.reduce('Sum', x, [0, 1], { name: 'sum' });
    graph.import(f);
    const a = Tensor.allocate('float32', [1500, 1500]);
    a.data.fill(0);
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    const running = session.scalars([['a', a]], { sum: 'sum' });
    const closed = session.close();
    expect(await running).toEqual({ sum: 0 });
    await closed;
    clearInterval(timer);
    a.dispose();
    expect(ticks).toBeGreaterThan(5);
    await expect(session.run([], ['sum'])).rejects.toThrow(/already closed/);
  });

  test('device_count makes logical devices', async () => {
    const two = new Session(graph, { deviceCount: { CPU: 2 } });
    expect(two.devices().filter(({ type }) => type === 'CPU')).toHaveLength(2);
    await two.close();
  });

  test.each(['float32', 'mixed-bfloat16', 'mixed-float16'] as const)('%s computes', async (precision) => {
    const f = new Fragment();
    f.input('x', 'float32', [1, 4]);
    f.op(
      'MatMul',
      ['x', f.constant(new Float32Array(8).fill(0.5), [4, 2])],
      { T: attr.type('float32') },
      'y',
    );
    graph.import(f);
    const other = new Session(graph, { precision, xla: false, intraOpThreads: 1, interOpThreads: 1 });
    const x = Tensor.from('float32', [1, 2, 3, 4], [1, 4]);
    const [y] = await other.run([['x', x]], ['y']);
    expect([...(y!.data as Float32Array)]).toEqual([5, 5]);
    y!.dispose();
    x.dispose();
    await other.close();
  });
});

describe('fragment', () => {
  test('refuses two nodes of one name', () => {
    const f = new Fragment();
    f.input('x');
    expect(() => f.input('x')).toThrow("Fragment already has a node 'x'.");
  });

  test('equal small constants are one node', () => {
    const f = new Fragment();
    expect(f.scalar(2)).toBe(f.scalar(2));
    expect(f.scalar(2)).not.toBe(f.scalar(3));
    expect(f.ints(2)).not.toBe(f.constant(Int32Array.of(2), []));
  });
});

afterAll(() => expect(Tensor.liveCount).toBe(0));
