import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildForward } from '../../src/model/index.js';
import { writeModel } from '../../src/weights/model-folder.js';
import { foldedGraph } from '../model/graph/folded-graph.js';
import { smallModel } from '../train/small-network.js';
import { temporaryFolder } from '../weights/temporary-folder.js';
import { answer } from './answer.js';
import { compile, QUICK, run } from './command.js';

const { path: cwd } = temporaryFolder();
const DIGITS = ['--task', 'digits', '--limit', '64', '--batch-size', '16', '--epochs', '1'];
const options = { cwd };

/** A graph model as a converter leaves it: normalizations folded, ten classes. */
async function graphModel(folder: string): Promise<void> {
  const network = { side: 16, classes: 10 };
  const { topology, imageSize } = smallModel(network);
  const { weights: specs } = buildForward(topology, { training: false, imageSize });
  const values = specs.map(({ name, shape }, w) => {
    const size = shape.reduce((a, b) => a * b, 1);
    // Variances are above zero; kernels of different channels differ.
    const value = (i: number) =>
      /gamma|variance/.test(name) ? 1 + (i % 3) / 4 : Math.sin(w + 1 + 7 * i) / 3;
    return [
      name,
      { dtype: 'float32' as const, shape, data: Float32Array.from({ length: size }, (_, i) => value(i)) },
    ] as const;
  });
  await writeModel(folder, foldedGraph(smallModel({ ...network, weights: new Map(values) })));
}

describe('a graph model as a base', () => {
  beforeAll(async () => {
    compile();
    await graphModel(join(cwd, 'graph'));
  });

  test.each([
    ['as it is', []],
    ['with its normalizations unfolded', ['--unfold-norms']],
  ] as const)('%s is fine-tuned, evaluated, used, and exported', async (name, flags) => {
    const out = `runs/${name.length}`;
    const trained = await run(['--base', 'graph', ...DIGITS, ...flags, '--out', out], options);
    expect(trained.stderr).not.toContain('error:');
    expect(trained.stderr).toMatch(flags.length > 0 ? /^norms +unfolded/m : /^norms .*--unfold-norms/m);
    expect(trained.stdout).toMatch(/^Held-out top-1 \d+\.\d\d % on 359 images/);
    const [, top1] = /top-1 (\d+\.\d\d) %/.exec(trained.stdout)!;
    const model = JSON.parse(readFileSync(join(cwd, out, 'model', 'model.json'), 'utf8'));
    const norms = model.modelTopology.node.filter(({ op }: { op: string }) => op === 'FusedBatchNormV3');
    expect(norms.length > 0).toBe(flags.length > 0);
    expect(model.format).toBe('graph-model');

    const evaluated = await answer(['evaluate', out], options);
    expect(evaluated.stdout).toContain(`${top1} %`);
    const exported = await answer(['export', out, '--out', `${out}/export`], options);
    expect(exported.stdout).toMatch(/^format +tfjs-graph/m);
    expect(existsSync(join(cwd, out, 'export', 'model.json'))).toBe(true);
    const again = await answer(['evaluate', `${out}/export`, '--task', 'digits'], options);
    expect(again.stdout).toContain(`${top1} %`);
    expect((await answer(['--resume', '--out', out], options)).code).toBe(0);
  });

  test('layers are for layers models: what does not go is said', async () => {
    const layers = await answer(['export', 'graph', '--format', 'tfjs-layers', '--out', 'layers'], options);
    expect(layers).toMatchObject({ code: 2, stdout: '' });
    expect(layers.stderr).toContain("Export it as 'tfjs-graph'");
    const summary = await answer(['bases', 'graph', '--summary'], options);
    expect(summary.code).toBe(2);
    expect(summary.stderr).toContain('is a graph model');
    const unfolded = await answer([...QUICK, '--unfold-norms', '--dry-run'], options);
    expect(unfolded.code).toBe(2);
    expect(unfolded.stderr).toContain('only a graph model is unfolded');
  });
});

describe('what a base is made into', () => {
  test('a cut base with a hidden layer is trained, and keeps what it says of itself', async () => {
    const flags = ['--from-layer', 'block2b_add', '--hidden', '12', '--dropout', '0.1', '--out', 'cut'];
    const { code, stderr } = await run([...QUICK, ...flags, '--epochs', '1'], options);
    expect(stderr).not.toContain('error:');
    expect(code).toBe(0);
    const { modelTopology } = JSON.parse(readFileSync(join(cwd, 'cut', 'model', 'model.json'), 'utf8'));
    const layers = modelTopology.model_config.config.layers.map(({ name }: { name: string }) => name);
    expect(layers).toContain('block2b_add');
    expect(layers).toContain('hidden');
    expect(layers).not.toContain('block3a_expand_conv');
    const summary = await answer(['bases', 'cut', '--summary', '--json'], options);
    expect(JSON.parse(summary.stdout)).toMatchObject({ batchSize: 32, inputShape: [32, 32, 3] });
  });

  test('a run is a base whose classes are kept where they have the same names', async () => {
    const flags = ['--keep-matching-classes', '--task', 'digits', '--limit', '64', '--batch-size', '16'];
    const { stderr } = await answer(['--base', 'cut', ...flags, '--epochs', '1', '--out', 'kept'], options);
    expect(stderr).toMatch(/^head +10 of 10 classes start as the base knows them$/m);
  });

  test('a layer that there is not: the nearest is named', async () => {
    const { code, stderr } = await answer([...QUICK, '--from-layer', 'block2b_ad'], options);
    expect(code).toBe(2);
    expect(stderr).toContain("Did you mean 'block2b_add'?");
  });
});
