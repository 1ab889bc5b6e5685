import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cifarResnet } from '../../models/cifar-resnet.js';
import { efficientnet } from '../../models/efficientnet.js';
import { mobilenetV3 } from '../../models/mobilenet-v3.js';
import { resnet } from '../../models/resnet.js';
import type { FunctionalTopology } from '../../models/topology.js';
import { Model, swapHead } from '../../src/model/index.js';
import { landmarksOf } from '../../src/model/landmarks.js';
import { traceLayers } from '../../src/model/trace.js';
import { readGraphModel } from '../../src/weights/tfjs-graph/index.js';
import { convertedB0 } from '../parity/converted-b0.js';
import { smallModel } from '../train/small-network.js';

const shapeOf = (topology: FunctionalTopology, imageSize: number, name: string) =>
  traceLayers(topology, { imageSize }).find((layer) => layer.name === name)!.shape;

describe('the last feature map and the features', () => {
  test.each([
    ['efficientnet-b0', efficientnet('efficientnet-b0'), 224, [7, 7, 1280], [1280]],
    // A map of one pixel is still the map.
    ['efficientnet-b0, tiny images', efficientnet('efficientnet-b0'), 32, [1, 1, 1280], [1280]],
    // Its head has a convolution between pooling and classifier.
    ['mobilenet-v3-small', mobilenetV3('mobilenet-v3-small'), 224, [7, 7, 576], [1, 1, 1024]],
    ['resnet-50-v1', resnet('resnet-50-v1'), 224, [7, 7, 2048], [2048]],
    ['cifar-resnet', cifarResnet('cifar-resnet-20'), 32, [8, 8, 64], [64]],
  ] as const)('of %s', (_, topology, imageSize, map, features) => {
    const found = landmarksOf({ topology, imageSize });
    expect(shapeOf(topology, imageSize, found.map!)).toEqual(map);
    expect(shapeOf(topology, imageSize, found.features)).toEqual(features);
  });

  test('behind hidden layers, the features are theirs', () => {
    const model = swapHead(smallModel(), { classes: ['a', 'b'], hidden: 5 });
    const { features, map } = landmarksOf(model);
    expect(shapeOf(model.topology as FunctionalTopology, 8, features)).toEqual([5]);
    expect(map).toBe('add');
  });

  test.skipIf(!convertedB0)('of a graph', async () => {
    const model = new Model(await readGraphModel(join(convertedB0!, 'graph-float32')));
    const { features, map } = landmarksOf(model);
    expect(features).toMatch(/avg_pool|top_dropout/);
    expect(map).toMatch(/top_activation/);
  });
});
