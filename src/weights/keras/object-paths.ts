import type { LayersTopology } from '../../../models/topology.js';
import { damaged } from '../../bytes/damaged.js';
import type { WeightMap, WeightTensor } from '../../model/weights.js';
import { type Hdf5Group, tensorsOf } from './hdf5/tree.js';
import { type LayerNode, leavesOf, type ModelNode } from './topology/model-tree.js';
import { type KerasModel, kerasModel } from './topology/read.js';
import { snakeCase, weightRoles, weightRolesOfGroup } from './weight-roles.js';

/** What Keras 2.12 to 2.14 called the layers of a model; layers that have weights are in it twice, and counted twice. */
export const EARLY_LAYERS = '_layer_checkpoint_dependencies';
/** Weights by their place in a file of Keras 3, `layers/conv2d_3/vars/0`. */
const PLACE = /^(?:.*\/)?(?:layers|_layer_checkpoint_dependencies)\/([^/]+)\/vars\/\d+$/;

/** The groups of Keras 3 with `vars`, and the names of the layers that some versions write beside them. */
function layerNames(group: Hdf5Group, path = '', found = new Map<string, string>()): Map<string, string> {
  const name = group.groups.get('vars')?.attributes.get('name');
  if (typeof name === 'string') found.set(path, name);
  for (const [key, child] of group.groups) layerNames(child, path ? `${path}/${key}` : key, found);
  return found;
}

/**
 * Reads the layout of Keras 3, of `.weights.h5` and of the weights in a `.keras`: a group a layer, named by its class and
 * number among the layers of its model, `layers/conv2d_3`, with the weights as `vars/0`, `vars/1`, ...
 *
 * Without a model the layers bear the names that the file gives them; where it gives none, the weights keep their places
 * as names, for `nameByTopology`.
 */
export function readObjectPaths(path: string, root: Hdf5Group, model: KerasModel | undefined): WeightMap {
  const tensors: WeightMap = new Map(tensorsOf(root));
  const names = layerNames(root);
  if (model !== undefined) return nameByModel(path, tensors, names, model);
  return nameByThemselves(path, tensors, names) ?? tensors;
}

/** True for weights that are named by their places in a file of Keras 3, and wait for `nameByTopology`. */
export function areNamedByPlace(tensors: WeightMap): boolean {
  return tensors.size > 0 && [...tensors.keys()].every((name) => PLACE.test(name));
}

/**
 * Gives weights that are named by their places (`layers/conv2d_3/vars/0`) the names of a topology's layers: those of the
 * same class in the same order, as Keras 3 saves them. Weights with other names are handed back as they are.
 *
 * @param file the file that they come from, for messages
 * @throws InputError where a layer has another number of weights than the file, or the file has weights left over
 */
export function nameByTopology(tensors: WeightMap, topology: LayersTopology, file: string): WeightMap {
  if (!areNamedByPlace(tensors)) return tensors;
  return nameByModel(file, tensors, new Map(), kerasModel(file, topology));
}

function nameByModel(
  path: string,
  tensors: WeightMap,
  names: ReadonlyMap<string, string>,
  { tree, flat }: KerasModel,
): WeightMap {
  const named: WeightMap = new Map();
  const rest = new Set(tensors.keys());
  const visit = (model: ModelNode, prefix: string): void => {
    const counts = new Map<string, number>();
    const isEarly = [...tensors.keys()].some((name) => name.startsWith(`${prefix}${EARLY_LAYERS}/`));
    for (const layer of model.layers) {
      const key = snakeCase(layer.className);
      const count = counts.get(key) ?? 0;
      counts.set(key, count + (isEarly && hasWeights(layer) ? 2 : 1));
      const place = `${prefix}${isEarly ? EARLY_LAYERS : 'layers'}/${key}${count === 0 ? '' : `_${count}`}`;
      if (layer.model) {
        visit(layer.model, `${place}/`);
        continue;
      }
      const given = names.get(place);
      const vars = varsAt(tensors, place);
      for (const i of vars.keys()) rest.delete(`${place}/vars/${i}`);
      const name = flat.names.get(layer);
      const roles = weightRoles(layer.className, layer.config) ?? vars.map((_, i) => String(i));
      if (name === undefined || (vars.length === 0 && roles.length === 0)) continue;
      if (given !== undefined && given !== layer.name) {
        throw damaged(path, `the weights of layer '${layer.name}' at '${place}'`, `those of '${given}'`);
      }
      if (vars.length !== roles.length) {
        throw damaged(
          path,
          `${roles.join(', ')} of layer '${layer.name}' at '${place}'`,
          `${vars.length} weights`,
        );
      }
      vars.forEach((tensor, i) => {
        named.set(`${name}/${roles[i]}`, tensor);
      });
    }
  };
  visit(tree, '');
  for (const name of rest) {
    if (PLACE.test(name)) throw damaged(path, `a layer for the weight at '${name}'`, 'none in the model');
  }
  return named;
}

function hasWeights(layer: LayerNode): boolean {
  const leaves = layer.model ? [...leavesOf(layer.model)] : [layer];
  return leaves.some(({ className, config }) => (weightRoles(className, config)?.length ?? 0) > 0);
}

function varsAt(tensors: WeightMap, place: string): WeightTensor[] {
  const vars: WeightTensor[] = [];
  for (let i = 0; ; i += 1) {
    const tensor = tensors.get(`${place}/vars/${i}`);
    if (tensor === undefined) return vars;
    vars.push(tensor);
  }
}

function nameByThemselves(
  path: string,
  tensors: WeightMap,
  names: ReadonlyMap<string, string>,
): WeightMap | undefined {
  const places = [...new Set([...tensors.keys()].filter((name) => PLACE.test(name)).map(layerPlace))];
  if (!places.every((place) => names.has(place))) return undefined;
  const uses = new Map<string, number>();
  for (const place of places) uses.set(names.get(place)!, (uses.get(names.get(place)!) ?? 0) + 1);
  const named: WeightMap = new Map();
  for (const place of places) {
    const own = names.get(place)!;
    const vars = varsAt(tensors, place);
    const roles = weightRolesOfGroup(place.slice(place.lastIndexOf('/') + 1), vars.length);
    const layer = uses.get(own) === 1 ? own : [...outerNames(place, names), own].join('_');
    vars.forEach((tensor, i) => {
      const name = `${layer}/${roles?.[i] ?? i}`;
      if (named.has(name)) throw damaged(path, `one weight '${name}'`, 'two');
      named.set(name, tensor);
    });
  }
  return named;
}

const layerPlace = (name: string): string => name.slice(0, name.lastIndexOf('/vars/'));

/** Names of the models that a layer lies in, from the outermost one inwards. */
function outerNames(place: string, names: ReadonlyMap<string, string>): string[] {
  const steps = place.split('/layers/');
  return steps.slice(0, -1).flatMap((_, i) => names.get(steps.slice(0, i + 1).join('/layers/')) ?? []);
}
