import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { imagesOf } from '../../../src/cli/predict/inputs.js';
import { InputError } from '../../../src/errors.js';
import { temporaryFolder } from '../../weights/temporary-folder.js';

const { path: folder, write } = temporaryFolder();
const before = process.cwd();

beforeAll(() => {
  process.chdir(folder);
  mkdirSync('deep/er', { recursive: true });
  mkdirSync('empty');
  for (const file of ['a.jpg', 'b.PNG', 'c.txt', 'deep/d.jpg', 'deep/er/e.webp', 'odd[1].png', '.hidden.jpg'])
    write(file, '');
});
afterAll(() => process.chdir(before));

const from = (content: string | Buffer) => ({ input: Readable.from([Buffer.from(content)]) });
const refused = async (args: string[], content = ''): Promise<string> => {
  const error: unknown = await imagesOf(args, from(content)).catch((reason) => reason);
  expect(error).toBeInstanceOf(InputError);
  return (error as Error).message;
};

describe('images that arguments name', () => {
  test('files as they are, folders with all below them, in the order given', async () => {
    expect(await imagesOf(['c.txt', 'deep', 'a.jpg'])).toEqual([
      'c.txt',
      join('deep', 'd.jpg'),
      join('deep', 'er', 'e.webp'),
      'a.jpg',
    ]);
  });

  test('patterns that the shell left: images only, sorted', async () => {
    expect(await imagesOf(['*'])).toEqual(['a.jpg', 'b.PNG', 'odd[1].png']);
    expect(await imagesOf(['**/*.jpg'])).toEqual(['a.jpg', 'deep/d.jpg']);
    expect(await imagesOf(['{b,a}.*'])).toEqual(['a.jpg', 'b.PNG']);
    expect(await imagesOf([join(folder, 'deep', '**')])).toEqual([
      join(folder, 'deep/d.jpg'),
      join(folder, 'deep/er/e.webp'),
    ]);
  });

  test('a file whose name looks like a pattern is that file', async () => {
    expect(await imagesOf(['odd[1].png'])).toEqual(['odd[1].png']);
  });

  test('what is not there is named', async () => {
    expect(await refused(['none.jpg'])).toBe('There is no image or folder at none.jpg. Check the path.');
    expect(await refused(['*.bmp'])).toMatch(/^No image matches \*\.bmp \(jpg, jpeg, .*Check the pattern/);
    expect(await refused(['empty'])).toMatch(/^The folder empty has no images/);
  });
});

describe('standard input', () => {
  test('has paths, a line each: files, whatever is there, and folders', async () => {
    expect(await imagesOf(['-'], from('a.jpg\r\n\ndeep\n  spaced.jpg\nno[ne].png'))).toEqual([
      'a.jpg',
      join('deep', 'd.jpg'),
      join('deep', 'er', 'e.webp'),
      '  spaced.jpg',
      'no[ne].png',
    ]);
    expect(await imagesOf(['b.PNG', '-'], from('a.jpg'))).toEqual(['b.PNG', 'a.jpg']);
  });

  test.each(['png', 'jpeg', 'webp', 'gif', 'tiff'] as const)('is an image itself: %s', async (format) => {
    const create = { width: 4, height: 4, channels: 3, background: 'red' } as const;
    const content = await sharp({ create }).toFormat(format).toBuffer();
    const [image, ...others] = await imagesOf(['-'], from(content));
    expect(others).toEqual([]);
    if (typeof image !== 'object') throw new Error('expected an image');
    expect(image.name).toBe('-');
    expect(content.equals(await image.read())).toBe(true);
  });

  test('that is empty, something else, or named twice is refused', async () => {
    expect(await refused(['-'])).toMatch(/^Standard input is empty\. Send an image, or paths/);
    expect(await refused(['-'], '\n\n')).toMatch(/^Standard input is empty/);
    expect(await refused(['-'], 'BM\0\0\0')).toMatch(/^Standard input is neither an image/);
    expect(await refused(['-', '-'], 'a.jpg')).toBe('Standard input (-) is named twice. Name it once.');
  });
});
