import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { BASES, findBase } from '../../models/catalogue/index.js';
import type { GraphTopology } from '../../models/topology.js';
import { buildForward } from '../../src/model/index.js';
import { type SummaryOptions, summarize } from '../../src/model/summary/index.js';
import { fullRun } from '../full-run.js';
import { smallTopology } from '../train/small-network.js';
import { layerModel } from './layer-model.js';

const summaryOf = (name: string, options: SummaryOptions = {}) =>
  summarize(findBase(name)!.build({ imageSize: options.imageSize }), options);

describe('layers', () => {
  test('have shapes, parameters and multiply-adds that can be counted by hand', () => {
    const { layers, parameters, trainable, multiplyAdds, inputShape } = summarize(smallTopology());
    const byName = Object.fromEntries(layers.map(({ name, ...rest }) => [name, rest]));
    expect(inputShape).toEqual([8, 8, 3]);
    expect(byName.stem_conv).toEqual({
      className: 'Conv2D',
      outputShape: [8, 8, 6],
      parameters: 3 * 3 * 3 * 6,
      multiplyAdds: 8 * 8 * 3 * 3 * 3 * 6,
    });
    expect(byName.stem_bn).toMatchObject({ parameters: 4 * 6, multiplyAdds: 0 });
    expect(byName.pool).toMatchObject({ outputShape: [4, 4, 6], parameters: 0 });
    expect(byName.dwconv).toMatchObject({ parameters: 54, multiplyAdds: 4 * 4 * 54 });
    expect(byName.predictions).toMatchObject({ outputShape: [3], parameters: 21, multiplyAdds: 18 });
    expect([parameters, trainable]).toEqual([162 + 24 + 54 + 24 + 21, 162 + 12 + 54 + 12 + 21]);
    expect(multiplyAdds).toBe(64 * 162 + 16 * 54 + 18);
  });

  // Parameters of every base, and multiply-adds as their papers have them.
  test.each(BASES.map(({ name, parameters }) => [name, parameters] as const))(
    '%s has %i parameters',
    (name, n) => {
      expect(summaryOf(name).trainable).toBe(n);
    },
  );

  const PUBLISHED: Readonly<Record<string, number>> = {
    'efficientnet-b0': 0.39,
    'efficientnet-b1': 0.7,
    'efficientnet-b3': 1.8,
    'efficientnet-b7': 37,
    'efficientnet-lite0': 0.407,
    'resnet-50': 4.1,
    'mobilenet-v2': 0.3,
  };
  for (const [name, published] of Object.entries(PUBLISHED)) {
    test.skipIf(!findBase(name))(`${name} takes ${published} G multiply-adds, as published`, () => {
      const { multiplyAdds } = summaryOf(name);
      expect(Math.abs(multiplyAdds / 1e9 / published - 1)).toBeLessThan(0.06);
    });
  }

  test('shapes and weights are those of the forward pass, at other sizes too', () => {
    const topology = findBase('efficientnet-b0')!.build();
    const forward = buildForward(topology, { training: true, imageSize: 96 });
    const { parameters, layers, inputShape } = summarize(topology, { imageSize: 96 });
    expect(inputShape).toEqual([96, 96, 3]);
    expect(layers.at(-1)!.outputShape).toEqual([forward.classes]);
    const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
    expect(parameters).toBe(forward.weights.reduce((sum, { shape }) => sum + size(shape), 0));
  });

  test('a graph model, an unknown layer and a batch of nothing are refused', () => {
    const graph: GraphTopology = {
      class_name: 'Graph',
      config: { name: 'frozen', nodes: [], input: 'images', output: 'logits' },
    };
    expect(() => summarize(graph)).toThrow(/'frozen' is a graph model.*no layers.*sam-finetune bases/);
    const unknown = layerModel([8, 8, 3], (b, x) => b.layer('Conv9D', 'odd', [x], {}, [3]));
    expect(() => summarize(unknown)).toThrow(/Layer 'odd' is a Conv9D, which is not supported/);
    expect(() => summarize(smallTopology(), { batchSize: 0 })).toThrow(
      /1 or more for batch size, received 0/,
    );
  });
});

describe('memory', () => {
  test('parts are what the weights, the optimizer and SAM make of them', () => {
    const parts = (options: SummaryOptions) => summaryOf('efficientnet-b0', options).memory;
    const own = 4 * findBase('efficientnet-b0')!.parameters;
    const { memory, parameters } = summaryOf('efficientnet-b0', { optimizer: 'nesterov' });
    expect(memory).toMatchObject({
      weights: 4 * parameters,
      gradients: own,
      perturbation: own,
      optimizer: own,
      update: own,
    });
    expect(parts({ optimizer: 'adamw' }).optimizer).toBe(2 * own);
    expect(parts({ optimizer: 'sgd' }).optimizer).toBe(0);
    expect(parts({ sam: false }).perturbation).toBe(0);
    const { total, process: _, perImage, ...rest } = memory;
    expect(total).toBe(Object.values(rest).reduce((a, b) => a + b, 0));
    expect(perImage).toBe(Math.round((memory.activations + memory.scratch) / 32));
    expect(parts({ batchSize: 64 }).activations).toBe(2 * parts({ batchSize: 32 }).activations);
  });

  test('activations are what gradients need, once each', () => {
    const values = (build: Parameters<typeof layerModel>[1]) =>
      summarize(layerModel([8, 8, 2], build), { batchSize: 1 }).memory.activations / 4;
    const initializer = { class_name: 'Zeros', config: {} };
    const conv = { filters: 2, kernelSize: 1, initializer };
    // Input and gradient: a convolution keeps what it takes; on the way back are its own and its input's gradient.
    expect(values((b, x) => b.conv2d('a', x, conv))).toBe(128 + 256);
    // swish keeps x and sigmoid(x); the next convolution the product.
    expect(
      values((b, x) => b.conv2d('b', b.activation('swish', b.conv2d('a', x, conv), 'swish'), conv)),
    ).toBe(4 * 128 + 256);
    // A sum keeps nothing.
    expect(
      values((b, x) => {
        const y = b.conv2d('a', x, conv);
        return b.add('add', [y, b.conv2d('b', y, conv)]);
      }),
    ).toBe(2 * 128 + 3 * 128);
  });

  // What a device is asked for, measured as resident memory of a process on this CPU.
  test.each([
    ['efficientnet-b0', 128, 16, 'adamw'],
    ['efficientnet-lite0', 64, 32, 'nesterov'],
    ...(fullRun ? ([['efficientnet-b4', 96, 8, 'adamw']] as const) : []),
  ] as const)('of %s at %i px, batch %i, %s: within a quarter of what a process takes', (...settings) => {
    const [name, imageSize, batchSize, optimizer] = settings;
    const measured = measurePeak(settings.map(String));
    const { memory } = summaryOf(name, { imageSize, batchSize, optimizer });
    expect(memory.process / measured).toBeGreaterThan(0.75);
    expect(memory.process / measured).toBeLessThan(1.25);
  });
});

/** Peak resident memory in bytes of a process that does three SAM steps. */
function measurePeak(settings: readonly string[]): number {
  const script = fileURLToPath(new URL('./peak-memory.ts', import.meta.url));
  const child = spawnSync(process.execPath, ['--import', 'tsx', script, ...settings], { encoding: 'utf8' });
  if (child.status !== 0) throw new Error(`The measurement failed: ${child.stderr}`);
  return Number(child.stdout.trim().split('\n').at(-1));
}
