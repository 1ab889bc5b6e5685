import { describe, expect, test } from 'vitest';
import { InputError } from '../../../src/errors.js';
import { readPyTorch } from '../../../src/weights/pytorch/index.js';
import { readWeights } from '../../../src/weights/read.js';
import {
  call,
  dict,
  global,
  int,
  legacy,
  list,
  pickle,
  raw,
  storage,
  tensor,
  tuple,
  unicode,
} from '../../pickle/pickle-writer.js';
import { fixture } from '../fixtures.js';
import { mutations } from '../mutations.js';
import { temporaryFolder } from '../temporary-folder.js';
import { writeZip } from '../zip-writer.js';

const folder = temporaryFolder();
const one = tensor(storage('0', 1), 0, [1], [1]);

describe('hostile pickles are refused with the name that they ask for', () => {
  const callOf = (module: string, name: string) =>
    call(global(module, name), tuple(unicode('touch /tmp/owned')));
  test.each([
    ['os', 'system'],
    ['posix', 'system'],
    ['builtins', 'eval'],
    ['torch.storage', '_load_from_bytes'],
    ['torch', 'load'],
    ['torch', 'CharStorage'],
    ['collections', 'OrderedDict.fromkeys'],
    ['constructor', 'constructor'],
    ['__proto__', 'toString'],
  ])('%s.%s in a stream and in an archive', (module, name) => {
    const object = dict(unicode('w'), callOf(module, name));
    const stream = folder.write('hostile.pth', legacy(object, {}));
    const archive = folder.write('hostile.zip', writeZip([{ name: 'a/data.pkl', bytes: pickle(object) }]));
    for (const path of [stream, archive]) {
      expect(() => readPyTorch(path)).toThrow(InputError);
      expect(() => readPyTorch(path)).toThrow(`${path} asks for '${module}.${name}', which is refused`);
    }
  });

  test('by STACK_GLOBAL, and by instructions that make instances', () => {
    const stacked = Buffer.concat([unicode('os'), unicode('system'), Buffer.from([0x93])]);
    expect(() => readPyTorch(folder.write('h.pth', legacy(stacked, {})))).toThrow(/asks for 'os\.system'/);
    // INST, OBJ, NEWOBJ, EXT1
    for (const code of ['i', 'o', '\x81', '\x82']) {
      expect(() => readPyTorch(folder.write('h.pth', legacy(raw(code), {})))).toThrow(
        /an instruction of a pickle/,
      );
    }
  });
});

describe('lies about sizes allocate nothing', () => {
  const cases: [string, Buffer, Record<string, number[]>, RegExp][] = [
    [
      'more elements than the stream holds',
      dict(unicode('w'), one),
      { 0: [1, 2] },
      /1 elements in storage '0'.*received 2/,
    ],
    [
      'a storage of 8 GB',
      dict(unicode('w'), tensor(storage('0', 2e9), 0, [2e9], [1])),
      { 0: [1] },
      /2000000000 elements/,
    ],
    [
      'a tensor beyond its storage',
      dict(unicode('w'), tensor(storage('0', 2), 1, [2], [1])),
      { 0: [1, 2] },
      /a tensor within 2/,
    ],
    [
      'an expanded tensor',
      dict(unicode('w'), tensor(storage('0', 1), 0, [1e9, 1e9], [0, 0])),
      { 0: [1] },
      /a tensor within 1 /,
    ],
    [
      'a negative size',
      dict(unicode('w'), tensor(storage('0', 1), 0, [-1], [1])),
      { 0: [1] },
      /a shape and strides/,
    ],
    ['a negative offset', dict(unicode('w'), tensor(storage('0', 1), -1, [1], [1])), { 0: [1] }, /an offset/],
    [
      'more strides than dimensions',
      dict(unicode('w'), tensor(storage('0', 1), 0, [1], [1, 1])),
      { 0: [1] },
      /strides/,
    ],
    ['a key without data', dict(unicode('w'), one), {}, /storage '0'/],
    ['data without a key', dict(unicode('w'), one), { 0: [1], 1: [2] }, /the key of a storage/],
    [
      'a view beyond its storage',
      dict(unicode('w'), storage('0', 2, { view: tuple(unicode('v'), int(1), int(2)) })),
      {},
      /a view/,
    ],
    ['text of 4 GB', raw('X\xff\xff\xff\xff'), {}, /4294967295 bytes from byte/],
    ['an entry of the memo that is not there', raw('h\x07'), {}, /entry 7 in the memo/],
    ['an empty stack', raw('R'), {}, /a value on the stack/],
    ['no mark', raw('t'), {}, /a mark on the stack/],
    ['a key that is no text', dict(int(1), one), { 0: [1] }, /Expected a dict of tensors/],
    ['no dict at all', list(one), { 0: [1] }, /Expected a dict of tensors in .*Save the weights/],
  ];
  test.each(cases)('%s', (_, object, storages, message) => {
    const path = folder.write('lies.pth', legacy(object, storages));
    expect(() => readPyTorch(path)).toThrow(message);
    expect(() => readPyTorch(path)).toThrow(path);
    expect(() => readPyTorch(path)).toThrow(InputError);
  });

  test('many copies of one storage in other orders', () => {
    const values = Array.from({ length: 400 }, () => 0);
    const items = Array.from({ length: 50 }, (_, i) => [
      unicode(`w${i}`),
      tensor(storage('0', 400), i, [10, 30], [1, 10]),
    ]);
    const path = folder.write('copies.pth', legacy(dict(...items.flat()), { 0: values }));
    expect(() => readPyTorch(path)).toThrow(/tensors of about its own size in .*copies\.pth/);
  });

  test('a list that is turned into a dict again and again', () => {
    const pairs = Buffer.concat([
      list(...Array.from({ length: 50 }, () => tuple(int(1), int(2)))),
      raw('q\x00'),
    ]);
    const again = Buffer.concat([raw('0'), call(global('collections', 'OrderedDict'), raw('h\x00\x85'))]);
    const path = folder.write(
      'again.pth',
      legacy(Buffer.concat([pairs, ...Array.from({ length: 200 }, () => again)]), {}),
    );
    expect(() => readPyTorch(path)).toThrow(/fewer pairs than bytes/);
  });
});

describe('files that are not whole', () => {
  test.each(['legacy', 'zip'] as const)(
    'a %s file cut off anywhere names itself and the way out',
    async (name) => {
      const bytes = fixture(name);
      // Below that, a zip does not yet tell whose it is.
      for (let length = 64; length < bytes.length; length += 29) {
        const path = folder.write(`cut-${name}.pth`, bytes.subarray(0, length));
        await expect(readWeights(path)).rejects.toThrow(/cut-.*\.pth.*fetch it again/);
      }
    },
  );

  test('another magic number', () => {
    const path = folder.write('other.pkl', pickle(dict(unicode('w'), int(1))));
    expect(() => readPyTorch(path)).toThrow(/the magic number of torch\.save in .*other\.pkl/);
  });

  test('a big-endian writer', () => {
    const path = folder.write('big.pth', legacy(dict(), {}, { littleEndian: false }));
    expect(() => readPyTorch(path)).toThrow(/big-endian.*Save it on another one/);
  });

  test('an archive without one of its storages', () => {
    const object = pickle(dict(unicode('w'), one));
    const path = folder.write('hole.pth', writeZip([{ name: 'a/data.pkl', bytes: object }]));
    expect(() => readPyTorch(path)).toThrow(/storage 'a\/data\/0' in .*hole\.pth/);
  });

  test('200 mutations of each: an InputError or tensors, never anything else', () => {
    for (const name of ['legacy', 'zip', 'zipProtocol4'] as const) {
      for (const bytes of mutations(fixture(name), 200)) {
        const path = folder.write('mutated.pth', bytes);
        try {
          readPyTorch(path);
        } catch (error) {
          expect(error, (error as Error).stack).toBeInstanceOf(InputError);
        }
      }
    }
  });
});
