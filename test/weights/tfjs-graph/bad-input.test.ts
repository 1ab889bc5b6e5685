import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../../src/errors.js';
import { readGraphModel } from '../../../src/weights/tfjs-graph/index.js';
import { a, type GraphBuilder, mobileGraph } from '../../model/graph/graph-builder.js';
import { mutations } from '../mutations.js';
import { temporaryFolder } from '../temporary-folder.js';
import { writeGraphFolder } from './graph-folder.js';

const folder = temporaryFolder();
let count = 0;

function graphFolder(
  change: (graph: GraphBuilder) => void,
  options: Parameters<typeof writeGraphFolder>[2] = {},
): string {
  const graph = mobileGraph();
  change(graph);
  return writeGraphFolder(join(folder.path, `bad-${count++}`), graph, options);
}

const node = (graph: GraphBuilder, name: string) => graph.nodes.find((each) => each.name === name)!;

describe('a graph is refused by the name of its node', () => {
  test.each<[string, (graph: GraphBuilder) => void, string]>([
    [
      'control flow',
      (g) => Object.assign(node(g, 'net/pool'), { op: 'While' }),
      "Node 'net/pool' is a While, which is control flow",
    ],
    [
      'a switch',
      (g) => Object.assign(node(g, 'net/pool'), { op: 'Switch' }),
      "Node 'net/pool' is a Switch, which is control flow",
    ],
    [
      'an operation that reads files',
      (g) => Object.assign(node(g, 'net/pool'), { op: 'ReadFile' }),
      "Node 'net/pool' is a ReadFile: it is not supported",
    ],
    [
      'channels first',
      (g) => {
        node(g, 'net/branch/LeakyRelu').attr!.data_format = a.s('NCHW');
      },
      'takes images as NCHW; only NHWC',
    ],
    [
      'images with the channels first',
      (g) => {
        node(g, 'input').attr!.shape = a.shape(-1, 3, 8, 8);
      },
      "The input 'input' takes images with the channels first",
    ],
    [
      'text as input',
      (g) => {
        node(g, 'input').attr!.dtype = a.type('DT_STRING');
      },
      "The input 'input' takes text, not pixels",
    ],
    [
      'several inputs',
      (g) => {
        g.input('mask');
        node(g, 'net/stop').input = [g.op('Mul', 'net/masked', ['net/shifted', 'mask'])];
      },
      "The model has these inputs: 'input', 'mask'",
    ],
    [
      'something unknown fused in',
      (g) => {
        node(g, 'net/stem/Relu6').attr!.fused_ops = a.ss('BiasAdd', 'Mish');
      },
      "Node 'net/stem/Relu6' (_FusedConv2D) has Mish fused in",
    ],
    [
      'a missing argument',
      (g) => {
        node(g, 'net/stem/Relu6').input!.pop();
      },
      "Node 'net/stem/Relu6' (_FusedConv2D) lacks an argument for BiasAdd",
    ],
    [
      'an input that is not there',
      (g) => {
        node(g, 'net/pool').input = ['net/nothing'];
      },
      "Node 'net/pool' takes 'net/nothing', which is no node",
    ],
    [
      'a cycle',
      (g) => {
        node(g, 'net/pool').input = ['net/shifted'];
      },
      'is part of a cycle',
    ],
    ['two nodes of a name', (g) => g.nodes.push({ ...node(g, 'net/pool') }), "two nodes 'net/pool'"],
    [
      'a name that is none',
      (g) => {
        node(g, 'init').name = '__proto__';
        node(g, 'net/stop').input!.pop();
      },
      "a NoOp with the name '__proto__'",
    ],
    [
      'a constant without a value',
      (g) => {
        g.tensors.delete('net/flat/shape');
      },
      "The constant 'net/flat/shape' has no value",
    ],
  ])('%s', async (_, change, message) => {
    const path = graphFolder(change);
    const failed = readGraphModel(path);
    await expect(failed).rejects.toThrow(message);
    await expect(failed).rejects.toMatchObject({
      name: 'InputError',
      message: expect.stringContaining(path),
    });
  });
});

describe('a folder is refused by the name of what is wrong', () => {
  test.each<[string, (path: string) => void, string]>([
    [
      'a missing shard',
      (path) => rmSync(join(path, 'group1-shard1of1.bin')),
      "names the shard 'group1-shard1of1.bin', which is missing",
    ],
    [
      'a short shard',
      (path) => writeFileSync(join(path, 'group1-shard1of1.bin'), 'short'),
      'bytes in its shards',
    ],
    [
      'a long shard',
      (path) => writeFileSync(join(path, 'group1-shard1of1.bin'), Buffer.alloc(1e5)),
      'bytes in its shards',
    ],
    [
      'no JSON',
      (path) => writeFileSync(join(path, 'model.json'), '{"format": "graph-model", '),
      'Expected JSON',
    ],
    [
      'no model',
      (path) => writeFileSync(join(path, 'model.json'), '{"format": "graph-model"}'),
      'modelTopology',
    ],
    [
      'a layers model',
      (path) => writeFileSync(join(path, 'model.json'), '{"modelTopology": {}, "weightsManifest": []}'),
      'is a tfjs layers model',
    ],
  ])('%s', async (_, change, message) => {
    const path = graphFolder(() => {});
    change(path);
    const failed = readGraphModel(path);
    await expect(failed).rejects.toThrow(message);
    await expect(failed).rejects.toMatchObject({
      name: 'InputError',
      message: expect.stringContaining(path),
    });
  });

  test('a shard outside of it, and a size that is a mere claim', async () => {
    const manifest = (json: Record<string, unknown>) =>
      json.weightsManifest as { paths: string[]; weights: { shape: number[] }[] }[];
    const outside = graphFolder(() => {}, {
      change: (json) => {
        manifest(json)[0]!.paths = ['../secret.bin'];
      },
    });
    await expect(readGraphModel(outside)).rejects.toThrow(
      "names the shard '../secret.bin', which lies outside its folder",
    );
    const huge = graphFolder(() => {}, {
      change: (json) => {
        manifest(json)[0]!.weights[0]!.shape = [1e12];
      },
    });
    await expect(readGraphModel(huge)).rejects.toThrow('bytes in its shards');
  });
});

test('several outputs of which none stands out are listed', async () => {
  const path = graphFolder(() => {}, { outputs: { a: 'net/hidden/Relu', b: 'net/flat' } });
  await expect(readGraphModel(path)).rejects.toThrow(
    /The model has several outputs: 'a', 'b'\. One that classifies/,
  );
});

test('mutated files are read or refused, and nothing else', async () => {
  const path = graphFolder(() => {});
  const file = join(path, 'model.json');
  const sound = readFileSync(file);
  let refused = 0;
  for (const bytes of mutations(sound, 200)) {
    writeFileSync(file, bytes);
    try {
      await readGraphModel(path);
    } catch (error) {
      expect(error, String((error as Error).stack)).toBeInstanceOf(InputError);
      expect((error as Error).message).toContain(path);
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(100);
});
