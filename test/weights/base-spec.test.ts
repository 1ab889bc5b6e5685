import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/errors.js';
import { locateBase } from '../../src/weights/base-spec.js';
import { writeSafetensors } from '../../src/weights/safetensors.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();

function refusal(text: string): string {
  try {
    locateBase(text);
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  }
  throw new Error(`${text} was taken`);
}

describe('a name', () => {
  test('is a row of the catalogue with its default weights, another variant, or none', () => {
    const chosen = (text: string) => {
      const spec = locateBase(text);
      return spec.kind === 'catalogue' ? [spec.base.name, spec.variant?.name] : spec.kind;
    };
    expect(chosen('efficientnet-b7')).toEqual(['efficientnet-b7', 'noisy-student']);
    expect(chosen('efficientnet-b7:advprop')).toEqual(['efficientnet-b7', 'advprop']);
    expect(chosen('efficientnet-b7:imagenet')).toEqual(['efficientnet-b7', 'imagenet']);
    expect(chosen('efficientnet-b7:none')).toEqual(['efficientnet-b7', undefined]);
  });

  test('that is unknown is refused with the nearest, and so is a variant', () => {
    expect(refusal('eficientnet-b7')).toContain(
      "Unknown base 'eficientnet-b7'. Did you mean 'efficientnet-b7'?",
    );
    expect(refusal('efficientnet-b9:advprop')).toContain("Unknown base 'efficientnet-b9'.");
    expect(refusal('efficientnet-b7:adprop')).toMatch(
      /Unknown variant of efficientnet-b7 'adprop'. Did you mean 'advprop'\? Known: noisy-student, .*, none\./,
    );
    expect(refusal('efficientnet-b7:a:b')).toContain('Unknown base');
    expect(refusal('toString')).toContain('Unknown base');
  });
});

describe('hf:', () => {
  test.each([
    ['hf:timm/resnet50.a1_in1k', { repository: 'timm/resnet50.a1_in1k', revision: 'main' }],
    ['hf:a/b@v1.0', { repository: 'a/b', revision: 'v1.0' }],
    ['hf:a/b@refs%2Fpr%2F1', { repository: 'a/b', revision: 'refs/pr/1' }],
    ['hf:a/b/sub/model.h5', { repository: 'a/b', revision: 'main', file: 'sub/model.h5' }],
    ['hf:a/b@v1/model.h5', { repository: 'a/b', revision: 'v1', file: 'model.h5' }],
  ])('%s is a repository', (text, expected) => {
    expect(locateBase(text)).toEqual({ kind: 'hub', ...expected });
  });

  test.each(['hf:', 'hf:name', 'hf:a b/c', 'hf:/x/y'])('%s is refused', (text) => {
    expect(refusal(text)).toContain('Expected hf:OWNER/REPO');
  });
});

describe('an address', () => {
  test('of a model.json is taken, with what follows a question mark', () => {
    const url = 'https://example.com/m/model.json?tfjs-format=file';
    expect(locateBase(url)).toEqual({ kind: 'url', url });
  });

  test('of another file is refused', () => {
    expect(refusal('https://example.com/model.h5')).toMatch(
      /model\.json.*download the file and give its path/,
    );
    expect(refusal('http://')).toContain('Expected an address');
  });
});

describe('a path', () => {
  test('is a file that is read, or a folder with one such file', async () => {
    const path = join(folder.path, 'repository', 'model.safetensors');
    mkdirSync(join(folder.path, 'repository'));
    await writeSafetensors(
      path,
      new Map([['w', { dtype: 'float32', shape: [1], data: Float32Array.of(1) }]]),
    );
    expect(locateBase(path)).toEqual({ kind: 'path', path });
    expect(locateBase(join(folder.path, 'repository'))).toEqual({ kind: 'path', path });
  });

  test('of a file in no format that is read is refused', () => {
    const path = folder.write('notes.txt', 'no weights');
    expect(refusal(path)).toMatch(/notes\.txt holds no model and no weights in a format that is read here/);
  });

  test('of a run without a model says how to go on', () => {
    const run = join(folder.path, 'run');
    mkdirSync(run);
    folder.write('run/config.json', '{"recipe":{}}');
    expect(refusal(run)).toContain(`The run ${run} has no model yet`);
    expect(refusal(run)).toContain(`--resume --out ${run}`);
  });

  test('of a folder with nothing, or too much, is refused', async () => {
    const empty = join(folder.path, 'empty');
    mkdirSync(empty);
    expect(refusal(empty)).toContain(`${empty} holds no model: expected a run folder`);
    folder.write('empty/a.pth', '');
    folder.write('empty/b.pth', '');
    expect(refusal(empty)).toContain('Where there are several files, name one.');
  });
});
