import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { packageRoot } from '../../src/package-root.js';
import { testData } from '../test-data.js';
import { compile } from './command.js';

const data = testData('cifar10');

beforeAll(compile);

test.skipIf(!data)(
  'the quick form of cifar10 learns, and prints its accuracy on standard output',
  async () => {
    const script = join(packageRoot, 'dist/pipelines/cifar10.js');
    const { stdout } = await promisify(execFile)(process.execPath, [script, '--quick', '--data', data!]);
    const [, top1] = /^held-out top-1 ([\d.]+) % on 1000 images \(epoch \d\)\n$/.exec(stdout) ?? [];
    // Ten classes: a guess is right once in ten.
    expect(Number(top1)).toBeGreaterThan(40);
  },
);
