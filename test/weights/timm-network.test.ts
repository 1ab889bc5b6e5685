import { describe, expect, test } from 'vitest';
import { findBase } from '../../models/catalogue/index.js';
import type { Conventions } from '../../models/conventions.js';
import type { FunctionalTopology } from '../../models/topology.js';
import { buildForward, swapHead, type WeightMap } from '../../src/model/index.js';
import { importBase } from '../../src/weights/import-base.js';
import { timmNetworkOf } from '../../src/weights/timm-network.js';

/** Weights by name and shape alone: values are not looked at. */
function shapesOf(topology: FunctionalTopology): WeightMap {
  const { weights } = buildForward(topology, { training: false });
  return new Map(
    weights.map(({ name, shape }) => [name, { dtype: 'float32', shape, data: new Float32Array() }]),
  );
}

function networkOf(
  name: string,
  conventions: Partial<Conventions> = {},
  { imageSize = 64, classes = 7 } = {},
) {
  const topology = findBase(name)!.build({ imageSize, classes, dropout: 0.4, ...conventions });
  return timmNetworkOf(topology, shapesOf(topology), { imageSize });
}

const TIMM = { padding: 'symmetric', epsilon: 1e-5 } as const;

describe('the network of timm for a base', () => {
  test.each<[string, Partial<Conventions>, string, string, object]>([
    ['efficientnet-b0', {}, 'tf_efficientnet_b0', 'timm-tf', {}],
    ['efficientnet-b0', TIMM, 'efficientnet_b0', 'timm', {}],
    ['efficientnet-b0', { epsilon: 1e-5 }, 'tf_efficientnet_b0', 'timm-tf', { bn_eps: 1e-5 }],
    ['efficientnet-lite0', {}, 'tf_efficientnet_lite0', 'timm-tf', {}],
    ['efficientnet-v2-b0', { padding: 'symmetric' }, 'tf_efficientnetv2_b0', 'timm-tf', { pad_type: '' }],
    ['mobilenet-v2', {}, 'mobilenetv2_100', 'timm', { pad_type: 'same', bn_eps: 1e-3 }],
    ['mobilenet-v2', TIMM, 'mobilenetv2_100', 'timm', {}],
    ['mobilenet-v3-small', {}, 'tf_mobilenetv3_small_100', 'timm-tf', {}],
    ['resnet-50', {}, 'resnet50', 'timm', {}],
  ])('%s %o: %s', (name, conventions, architecture, source, modelArgs) => {
    expect(networkOf(name, conventions)).toMatchObject({ architecture, map: { name: source }, classes: 7 });
    expect(networkOf(name, conventions)?.modelArgs).toEqual(modelArgs);
  });

  test('a model with a new head and dropout is the network that it was; with a hidden layer it is none', async () => {
    for (const name of ['efficientnet-lite0', 'mobilenet-v3-small', 'resnet-50']) {
      const base = await importBase(name, { weights: 'none', imageSize: 64 });
      const networkWith = (options: object) => {
        const topology = swapHead(base, { classes: 3, ...options }).topology as FunctionalTopology;
        return timmNetworkOf(topology, shapesOf(topology), { imageSize: 64 });
      };
      expect(networkWith({ dropout: 0.5 })?.classes, name).toBe(3);
      expect(networkWith({ hidden: 16 }), name).toBeUndefined();
    }
  });

  test('two of one name are told apart by their size', () => {
    expect(networkOf('efficientnet-l2-475', {}, { imageSize: 475 })?.architecture).toBe('tf_efficientnet_l2');
  });

  test('where every side is odd, paddings are the same: the name that needs no arguments is taken', () => {
    // 33, 17, 9, 5, 3
    const odd = networkOf('mobilenet-v2', { padding: 'same', epsilon: 1e-5 }, { imageSize: 33 });
    expect(odd?.modelArgs).toEqual({});
    const even = networkOf('mobilenet-v2', { padding: 'same', epsilon: 1e-5 }, { imageSize: 32 });
    expect(even?.modelArgs).toEqual({ pad_type: 'same' });
  });

  test.each([
    ['a ResNet of keras.applications', 'resnet-50-v1', {}],
    ['a ResNet with an epsilon that timm does not take', 'resnet-50', { epsilon: 1e-3 }],
    ['a ResNet that pads as TensorFlow', 'resnet-50', { padding: 'same' as const }],
    ['a network for small images', 'wide-resnet-16-8', {}],
  ])('none: %s', (_, name, conventions) => {
    expect(networkOf(name, conventions)).toBeUndefined();
  });

  test.each<[string, (topology: FunctionalTopology) => void]>([
    [
      'another activation',
      ({ config }) => {
        config.layers.find(({ name }) => name === 'block2a_activation')!.config.activation = 'relu';
      },
    ],
    [
      'scaling of pixels in the model',
      ({ config }) => {
        const [input, next] = config.layers;
        const scaling = { name: 'scaling', scale: 2, offset: 0 };
        config.layers.splice(1, 0, {
          class_name: 'Rescaling',
          name: 'scaling',
          config: scaling,
          inbound_nodes: [[[input!.name, 0, 0, {}]]],
        });
        next!.inbound_nodes = [[['scaling', 0, 0, {}]]];
      },
    ],
  ])('none: %s', (_, change) => {
    const topology = findBase('efficientnet-b0')!.build({ imageSize: 64 });
    expect(timmNetworkOf(topology, shapesOf(topology), { imageSize: 64 })).toBeDefined();
    change(topology);
    expect(timmNetworkOf(topology, shapesOf(topology), { imageSize: 64 })).toBeUndefined();
  });
});
