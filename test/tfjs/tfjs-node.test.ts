import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tensorflowVersion } from '../../src/tensorflow/library.js';
import { addonState, addonStateIn, loadTfjsNode, restoreUtil } from '../../src/tfjs/tfjs-node.js';

const require = createRequire(import.meta.url);
const util = require('node:util') as Record<string, unknown>;

describe('the state of the addon', () => {
  const suffix = process.platform === 'darwin' ? '2.dylib' : 'so.2';
  let folder: string;
  const write = (name: string, text = '') => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sam-finetune-test-'));
    write('package.json', JSON.stringify({ binary: { napi_versions: [3, 7, 8, 9999] } }));
    for (const name of ['cc', 'framework']) write(`deps/lib/libtensorflow_${name}.${suffix}`);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('it is looked for under the newest Node-API that this Node has', () => {
    expect(addonStateIn(folder)).toEqual({
      built: false,
      path: join(folder, 'lib', 'napi-v8', 'tfjs_binding.node'),
      reason: 'it is not built yet',
    });
    write('lib/napi-v8/tfjs_binding.node');
    expect(addonStateIn(folder)).toEqual({
      built: true,
      path: join(folder, 'lib', 'napi-v8', 'tfjs_binding.node'),
    });
  });

  test('the reason that set-up noted is passed on', () => {
    write(
      'sam-finetune.json',
      JSON.stringify({ addon: { built: false, reason: 'there is no C++ compiler' } }),
    );
    expect(addonStateIn(folder)).toMatchObject({ built: false, reason: 'there is no C++ compiler' });
  });

  test('an addon whose TensorFlow is gone does not count as built', () => {
    write('lib/napi-v8/tfjs_binding.node');
    const link = join(folder, 'deps', 'lib', `libtensorflow_cc.${suffix}`);
    rmSync(link);
    symlinkSync(join(folder, 'gone'), link);
    expect(addonStateIn(folder)).toMatchObject({ built: false, reason: expect.stringContaining('is gone') });
  });
});

test('only what Node removed from util is put back', () => {
  const original = { isArray: util.isArray, isNullOrUndefined: util.isNullOrUndefined };
  const kept = () => true;
  try {
    util.isNullOrUndefined = undefined;
    util.isArray = kept;
    restoreUtil();
    const isNullOrUndefined = util.isNullOrUndefined as unknown as (value: unknown) => boolean;
    expect([null, undefined, 0, ''].map(isNullOrUndefined)).toEqual([true, true, false, false]);
    expect(util.isArray).toBe(kept);
  } finally {
    Object.assign(util, original);
  }
});

describe.skipIf(!addonState().built)('the addon', () => {
  test('computes in the process of the engine, on the same TensorFlow', async () => {
    const tf = await loadTfjsNode();
    expect(tf.getBackend()).toBe('tensorflow');
    expect(await tf.matMul(tf.ones([2, 3]), tf.ones([3, 1])).array()).toEqual([[3], [3]]);
    expect(await loadTfjsNode()).toBe(tf);
    expect(tensorflowVersion()).toMatch(/^2\.\d+\.\d+/);
  });

  test('leaves the terminal alone, and does without what Node removed from util', () => {
    const script = `
      import util from 'node:util';
      for (const name of ['isArray', 'isNullOrUndefined']) delete util[name];
      const { loadTfjsNode } = await import(${JSON.stringify(new URL('../../src/tfjs/tfjs-node.ts', import.meta.url).href)});
      const tf = await loadTfjsNode();
      console.log(tf.concat([tf.ones([1]), tf.zeros([2])]).arraySync().join(' '));`;
    const args = ['--import', 'tsx', '--input-type=module', '--eval', script];
    const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: undefined, NODE_OPTIONS: undefined };
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env });
    expect({ stdout, stderr }).toEqual({ stdout: '1 0 0\n', stderr: '' });
  });
});
