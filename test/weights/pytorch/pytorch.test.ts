import { describe, expect, test } from 'vitest';
import { readPyTorch } from '../../../src/weights/pytorch/index.js';
import {
  call,
  dict,
  global,
  int,
  legacy,
  list,
  NONE,
  pickle,
  storage,
  tensor,
  tuple,
  unicode,
} from '../../pickle/pickle-writer.js';
import { EXPECTED, fixture } from '../fixtures.js';
import { temporaryFolder } from '../temporary-folder.js';
import { writeZip } from '../zip-writer.js';

const folder = temporaryFolder();

describe('what torch wrote', () => {
  test.each(['zip', 'zipProtocol4', 'legacy'] as const)('%s: every type, view and stride', (name) => {
    const tensors = readPyTorch(folder.write(`${name}.pth`, fixture(name)));
    expect([...tensors.keys()]).toEqual(Object.keys(EXPECTED));
    for (const [key, { dtype, shape, data }] of tensors) {
      expect({ dtype, shape, values: [...data] }, key).toEqual(EXPECTED[key]);
    }
  });

  test('views of one storage share its memory', () => {
    const tensors = readPyTorch(folder.write('shared.pth', fixture('zip')));
    expect(tensors.get('rows')?.data.buffer).toBe(tensors.get('float32')?.data.buffer);
  });

  test('a checkpoint of a training program, and names with module.', () => {
    const tensors = readPyTorch(folder.write('checkpoint.pth', fixture('checkpoint')));
    expect([...tensors].map(([name, { data }]) => [name, ...data])).toEqual([['0.weight', 0.25, 0.25]]);
  });

  test('a whole module is refused with the name of its class', () => {
    const path = folder.write('module.pth', fixture('module'));
    expect(() => readPyTorch(path)).toThrow(
      /module\.pth asks for 'torch\.nn\.modules\.linear\.Linear', which is refused.*Save the state dict alone/,
    );
  });
});

describe('what earlier or other writers wrote', () => {
  test('an archive with deflated members', () => {
    const object = pickle(dict(unicode('w'), tensor(storage('0', 2), 0, [2], [1])));
    const zip = writeZip([
      { name: 'archive/data.pkl', bytes: object, deflate: true },
      { name: 'archive/data/0', bytes: new Uint8Array(new Float32Array([3, -4]).buffer), deflate: true },
    ]);
    expect([...(readPyTorch(folder.write('deflated.pth', zip)).get('w')?.data ?? [])]).toEqual([3, -4]);
  });

  test('a stream whose tensor is a view of a part of its storage', () => {
    const view = tuple(unicode('v'), int(1), int(2));
    const object = dict(unicode('w'), tensor(storage('0', 4, { view }), 1, [1], [1]));
    const tensors = readPyTorch(folder.write('view.pth', legacy(object, { 0: [5, 6, 7, 8] })));
    expect([...(tensors.get('w')?.data ?? [])]).toEqual([7]);
  });

  test("Python 2's OrderedDict, from a list of pairs", () => {
    const pairs = list(list(unicode('w'), tensor(storage('0', 1), 0, [], [])));
    const object = call(global('collections', 'OrderedDict'), tuple(pairs));
    const tensors = readPyTorch(folder.write('python2.pth', legacy(object, { 0: [5] })));
    expect([...tensors].map(([name, { shape, data }]) => [name, shape, ...data])).toEqual([['w', [], 5]]);
  });

  test.each(['state_dict', 'model', 'model_state_dict'])('weights under %s, beside other values', (key) => {
    const inner = dict(unicode('w'), tensor(storage('0', 1), 0, [1], [1]), unicode('note'), NONE);
    const object = dict(unicode('epoch'), int(3), unicode(key), inner);
    expect([...readPyTorch(folder.write('nested.pth', legacy(object, { 0: [9] }))).keys()]).toEqual(['w']);
  });
});
