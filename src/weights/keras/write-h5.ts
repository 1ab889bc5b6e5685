import type { ModelData } from '../../model/data.js';
import type { WeightTensor } from '../../model/weights.js';
import { splitTarget } from '../names/split-target.js';
import { DESCRIPTION_KEY, describe } from '../tfjs/metadata.js';
import type { KerasModelData, KerasWriteOptions } from './contents.js';
import { emptyGroup, type Hdf5Group } from './hdf5/tree.js';
import { writeHdf5 } from './hdf5/write.js';
import { describeModel, inKerasOrder } from './topology/index.js';
import { weightRoles } from './weight-roles.js';

/** The last version that wrote this layout by itself; Keras 3 reads it as well. */
const KERAS_2 = [
  ['backend', 'tensorflow'],
  ['keras_version', '2.15.0'],
] as const;

/**
 * Writes a whole model as Keras 2 does (`.h5`): the topology as an attribute, a group a layer. It is written aside and renamed;
 * equal models give equal bytes. Labels, preprocessing, image size and `metadata` lie in the attribute `samFinetune`, which
 * Keras does not look at.
 *
 * @param given of layers and activations that Keras 2 has
 */
export async function writeKerasH5(
  path: string,
  given: KerasModelData,
  { metadata = {} }: KerasWriteOptions = {},
): Promise<void> {
  const model = { ...given, topology: inKerasOrder(given.topology) };
  const { topology, imageSize } = model;
  const root = emptyGroup([
    ...KERAS_2,
    ['model_config', JSON.stringify(describeModel(topology, { version: 2, imageSize }))],
    [DESCRIPTION_KEY, JSON.stringify(describe({ ...model, metadata })[DESCRIPTION_KEY])],
  ]);
  root.groups.set('model_weights', layerGroups(model));
  await writeHdf5(path, root);
}

function layerGroups({ topology, weights }: Pick<ModelData, 'weights'> & KerasModelData): Hdf5Group {
  const { layers } = topology.config;
  const root = emptyGroup([...KERAS_2, ['layer_names', layers.map(({ name }) => name)]]);
  const byLayer = new Map<string, Map<string, WeightTensor>>();
  for (const [target, tensor] of weights) {
    const { layer, weight } = splitTarget(target);
    byLayer.set(layer, (byLayer.get(layer) ?? new Map()).set(weight, tensor));
  }
  for (const { name, class_name, config } of layers) {
    const own = byLayer.get(name) ?? new Map<string, WeightTensor>();
    const roles = (weightRoles(class_name, config) ?? []).filter((role) => own.has(role));
    const group = emptyGroup([['weight_names', roles.map((role) => `${name}/${role}:0`)]]);
    const inner = emptyGroup();
    for (const role of roles) inner.tensors.set(`${role}:0`, own.get(role)!);
    if (roles.length > 0) group.groups.set(name, inner);
    root.groups.set(name, group);
  }
  return root;
}
