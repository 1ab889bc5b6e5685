import { expect, test } from 'vitest';
import { trainableGraph } from '../../../src/model/graph/index.js';
import { layerSizes } from '../../../src/model/segments/sizes.js';
import { smallTopology } from '../../train/small-network.js';
import { mobileGraph } from '../graph/graph-builder.js';

test('layers give as many values as their shapes say', () => {
  const sizes = layerSizes(smallTopology(), { imageSize: 16, inputShape: [16, 16, 3] });
  expect(sizes.get('stem_conv')).toBe(16 * 16 * 6);
  expect(sizes.get('pool')).toBe(8 * 8 * 6);
  expect(sizes.get('average')).toBe(6);
  expect(sizes.get('predictions')).toBe(3);
});

test('operations of a graph are estimated by their strides, at the size of the images', () => {
  const { topology } = trainableGraph(mobileGraph({ classes: 3 }).frozen);
  const sizes = layerSizes(topology, { inputShape: [16, 16, 3] });
  expect(sizes.get('net/stem/Relu6')).toBe(8 * 8 * 6);
  expect(sizes.get('net/concat')).toBe(8 * 8 * 10);
  expect(sizes.get('net/pool')).toBe(4 * 4 * 10);
});
