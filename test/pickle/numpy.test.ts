import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { ByteCursor } from '../../src/bytes/byte-cursor.js';
import { memorySource, withFile } from '../../src/bytes/byte-source.js';
import { InputError } from '../../src/errors.js';
import {
  asText,
  integersOf,
  NumpyArray,
  numpyAllowList,
  type PickleValue,
  Unpickler,
} from '../../src/pickle/index.js';
import { call, dict, global, int, list, NONE, pickle, raw, tuple, unicode } from './pickle-writer.js';

const byNumpy = (name: string) => fileURLToPath(new URL(`./by-numpy/${name}.pickle`, import.meta.url));
const readFile = (path: string): PickleValue =>
  withFile(path, (source) => new Unpickler(new ByteCursor(source), numpyAllowList(path)).load());
const readBytes = (bytes: Uint8Array): PickleValue =>
  new Unpickler(new ByteCursor(memorySource('a.pickle', bytes)), numpyAllowList('a.pickle')).load();

function arrayIn(value: PickleValue | undefined): NumpyArray {
  if (!(value instanceof NumpyArray)) throw new Error('expected an array');
  return value;
}

test.each([2, 3, 4, 5])('arrays, numbers and text as numpy pickles them in protocol %i', (protocol) => {
  const root = readFile(byNumpy(`protocol-${protocol}`)) as Map<PickleValue, PickleValue>;
  const byText = new Map([...root].map(([key, value]) => [asText(key), value]));
  const data = arrayIn(byText.get('data'));
  expect([data.shape, data.dtype]).toEqual([[2, 12], 'u1']);
  expect([...data.bytes]).toEqual(Array.from({ length: 24 }, (_, i) => (250 + i) % 256));
  const sliced = arrayIn(byText.get('bytes'));
  expect([sliced.shape, [...sliced.bytes]]).toEqual([
    [1, 2],
    [1, 3],
  ]);
  expect(integersOf(byText.get('wide'))).toEqual([1, -2, 2 ** 40]);
  expect(integersOf(byText.get('labels'))).toEqual([3, 300, -1]);
  expect(byText.get('names')).toEqual(['apple', 'crème brûlée']);
  expect(integersOf(byText.get('names'))).toBeUndefined();
});

/** SHORT_BINSTRING: what Python 2 wrote for text and for bytes. */
const string = (text: string) => Buffer.concat([raw('U'), Buffer.from([text.length]), raw(text)]);
const dtype = (name: string, order = '|') =>
  Buffer.concat([
    call(global('numpy', 'dtype'), tuple(string(name), int(0), int(1))),
    tuple(int(3), string(order), NONE, NONE, NONE, int(-1), int(-1), int(0)),
    raw('b'),
  ]);
const array = (shape: readonly number[], content: Buffer, type: Buffer = dtype('u1')) =>
  Buffer.concat([
    call(
      global('numpy.core.multiarray', '_reconstruct'),
      tuple(global('numpy', 'ndarray'), tuple(int(0)), string('b')),
    ),
    tuple(int(1), tuple(...shape.map(int)), type, raw('\x89'), content),
    raw('b'),
  ]);

test('arrays as numpy of Python 2 pickled them, with every byte', () => {
  const bytes = '\x00\x7f\x80\xff\xc3\xa9';
  const value = arrayIn(readBytes(pickle(array([2, 3], string(bytes)))));
  expect([value.shape, [...value.bytes]]).toEqual([
    [2, 3],
    [0, 127, 128, 255, 0xc3, 0xa9],
  ]);
});

describe('what is refused', () => {
  test.each([
    ['os', 'system'],
    ['builtins', 'eval'],
    ['numpy', 'load'],
    ['numpy.core.multiarray', 'scalar'],
    ['collections', 'OrderedDict'],
    ['_codecs', 'decode'],
    ['constructor', 'constructor'],
  ])('%s.%s, by name', (module, name) => {
    const hostile = pickle(dict(unicode('data'), call(global(module, name), tuple(unicode('touch owned')))));
    expect(() => readBytes(hostile)).toThrow(InputError);
    expect(() => readBytes(hostile)).toThrow(
      `a.pickle asks for '${module}.${name}', which is refused: only arrays of numpy and plain data are read, and nothing is run.`,
    );
  });

  test.each([
    ['column-major', /in row-major order.*column-major/],
    ['column-major-5', /in row-major order.*column-major/],
    ['big-endian', /in little-endian order.*received the byte order >/],
    ['floats', /an array of integers.*numpy's type f8/],
    ['objects', /the elements of an array of numpy.*received objects/],
    ['scalar', /asks for 'numpy\._core\.multiarray\.scalar', which is refused/],
  ])('%s of numpy', (name, reason) => {
    expect(() => readFile(byNumpy(name))).toThrow(InputError);
    expect(() => readFile(byNumpy(name))).toThrow(reason);
    expect(() => readFile(byNumpy(name))).toThrow(byNumpy(name));
  });

  test.each<[string, Buffer, RegExp]>([
    [
      'a shape that its bytes do not fill',
      array([2, 3], string('abcde')),
      /6 bytes for the shape \(2, 3\).*received 5/,
    ],
    ['a shape of 4 GB', array([2 ** 31 - 1, 2], string('a')), /4294967294 bytes/],
    ['a negative size', array([-1], string('a')), /shape and type of an array/],
    ['a type that is none', array([1], string('a'), unicode('u1')), /shape and type of an array/],
    ['a persistent id', Buffer.concat([unicode('0'), raw('Q')]), /arrays of numpy.*received a persistent id/],
    [
      'text in another encoding',
      call(global('_codecs', 'encode'), tuple(unicode('a'), unicode('rot13'))),
      /bytes as text in latin1/,
    ],
    [
      'attributes of a list',
      Buffer.concat([list(int(1)), tuple(int(1)), raw('b')]),
      /a dict with attributes/,
    ],
  ])('%s', (_, content, reason) => {
    expect(() => readBytes(pickle(content))).toThrow(reason);
    expect(() => readBytes(pickle(content))).toThrow(InputError);
  });

  test('a short file that copies one text without end', () => {
    const text = unicode('x'.repeat(1000));
    const encode = (from: Parameters<typeof call>[0]) =>
      call(global('_codecs', 'encode'), tuple(from, unicode('latin1')));
    const first = Buffer.concat([text, raw('q\x01'), raw('0')]);
    const again = Array.from({ length: 50 }, () => encode(raw('h\x01')));
    expect(() => readBytes(pickle(Buffer.concat([first, list(...again)])))).toThrow(/fewer pairs than bytes/);
  });

  test('a file that is cut off anywhere', () => {
    const whole = pickle(array([2, 3], string('abcdef')));
    for (let length = 0; length < whole.length; length++)
      expect(() => readBytes(whole.subarray(0, length))).toThrow(InputError);
  });
});
