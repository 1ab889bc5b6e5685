import { damaged } from '../../bytes/damaged.js';
import type { WeightMap, WeightTensor } from '../../model/weights.js';
import { type Hdf5Group, stringsOf } from './hdf5/tree.js';
import { type LayerNode, leavesOf } from './topology/model-tree.js';
import type { KerasModel } from './topology/read.js';
import { ownRole } from './weight-roles.js';

/** One weight as the old layout has it: the group's layer, and the name that Keras gave the weight. */
interface ListedWeight {
  layer: string;
  /** `Conv1/kernel:0`, without the `:0`; the layer in it is the inner one where a model lies in a model. */
  parts: string[];
  tensor: WeightTensor;
}

/**
 * Reads the old layout, of `.h5` files: a group a layer, in the order of the attribute `layer_names`, and in it the
 * datasets that its attribute `weight_names` lists. Other programs may write lists in pieces, `layer_names0`, ...
 *
 * @param root the group that has `layer_names`
 * @param model the model, where the file describes it
 */
export function readLayerGroups(path: string, root: Hdf5Group, model: KerasModel | undefined): WeightMap {
  const layers = chunkedList(root, 'layer_names');
  if (layers === undefined) throw damaged(path, "the attribute 'layer_names'", 'none');
  const listed = layers.map((layer) => ({ layer, weights: [...weightsOf(path, root, layer)] }));
  return model === undefined ? nameByThemselves(path, listed) : nameByModel(path, listed, model);
}

/** An attribute that is a list of names; Keras cuts one that is too long for HDF5 into pieces. */
export function chunkedList(group: Hdf5Group, name: string): string[] | undefined {
  const whole = stringsOf(group, name);
  if (whole !== undefined) return whole;
  const pieces: string[] = [];
  for (let i = 0; ; i += 1) {
    const piece = stringsOf(group, `${name}${i}`);
    if (piece === undefined) return i === 0 ? undefined : pieces;
    pieces.push(...piece);
  }
}

function* weightsOf(path: string, root: Hdf5Group, layer: string): Generator<ListedWeight> {
  // A layer's name may have slashes, and is then groups in groups.
  const group = groupAt(root, layer.split('/'));
  const names = group && chunkedList(group, 'weight_names');
  if (!group || !names) throw damaged(path, `the group of layer '${layer}' with its 'weight_names'`, 'none');
  for (const name of names) {
    const steps = name.split('/');
    const last = steps.pop() as string;
    const holder = groupAt(group, steps);
    const tensor = holder?.tensors.get(last);
    if (tensor === undefined) throw damaged(path, `the weight '${name}' of layer '${layer}'`, 'none');
    yield { layer, parts: [...steps, last.replace(/:\d+$/, '')], tensor };
  }
}

function groupAt(root: Hdf5Group, steps: readonly string[]): Hdf5Group | undefined {
  let group: Hdf5Group | undefined = root;
  for (const step of steps) group = group?.groups.get(step);
  return group;
}

type LayerWeights = { layer: string; weights: ListedWeight[] }[];

function nameByModel(path: string, listed: LayerWeights, { tree, flat }: KerasModel): WeightMap {
  const tensors: WeightMap = new Map();
  const layers = new Map(tree.layers.map((layer) => [layer.name, layer]));
  for (const { layer, weights } of listed) {
    const node = layers.get(layer);
    if (node === undefined && weights.length > 0) {
      throw damaged(path, `layer '${layer}' in the model's description`, 'none of that name');
    }
    for (const weight of weights) {
      const leaf = node?.model ? innerLayer(path, node, weight) : node;
      const name = leaf && flat.names.get(leaf);
      // Without a name: the state of a layer that only augments.
      if (name) tensors.set(`${name}/${roleOf(weight, leaf.className)}`, weight.tensor);
    }
  }
  return tensors;
}

/** The layer inside a nested model that a weight belongs to, by the name that the weight bears. */
function innerLayer(path: string, outer: LayerNode, { parts }: ListedWeight): LayerNode {
  const inner = parts.slice(0, -1);
  const leaves = outer.model ? [...leavesOf(outer.model)] : [];
  const found = leaves.filter(({ name }) => name === inner.at(-1) || name === inner.join('/'));
  if (found.length === 1) return found[0] as LayerNode;
  throw damaged(
    path,
    `one layer inside '${outer.name}' for the weight '${parts.join('/')}'`,
    found.length === 0 ? 'none' : `${found.length} of that name`,
  );
}

/** Without a model: by the layer's group, or by the weight's own name where a group holds a model's many layers. */
function nameByThemselves(path: string, listed: LayerWeights): WeightMap {
  const named = listed.flatMap(({ layer, weights }) => {
    const owners = new Set(weights.map(({ parts }) => ownerOf(parts)));
    return weights.map((weight) => {
      const inner = ownerOf(weight.parts);
      return { layer, owner: owners.size > 1 && inner ? inner : layer, weight };
    });
  });
  const groupsOf = new Map<string, Set<string>>();
  for (const { layer, owner } of named) groupsOf.set(owner, (groupsOf.get(owner) ?? new Set()).add(layer));
  const tensors: WeightMap = new Map();
  for (const { layer, owner, weight } of named) {
    const isShared = (groupsOf.get(owner)?.size ?? 0) > 1 && owner !== layer;
    const name = `${isShared ? `${layer}_${owner}` : owner}/${roleOf(weight)}`;
    if (tensors.has(name)) throw damaged(path, `one weight '${name}'`, 'two');
    tensors.set(name, weight.tensor);
  }
  return tensors;
}

/** The layer in a weight's name: `Conv1` of `Conv1/kernel`, and of `Conv1_W` as Keras 1 wrote it. */
function ownerOf(parts: readonly string[]): string {
  return parts.length > 1 ? (parts.at(-2) as string) : (KERAS_1_NAME.exec(parts[0] as string)?.[1] ?? '');
}

function roleOf({ parts }: ListedWeight, className?: string): string {
  const last = parts.at(-1) as string;
  return ownRole(parts.length > 1 ? last : (KERAS_1_NAME.exec(last)?.[2] ?? last), className);
}

const KERAS_1_NAME = /^(.+)_(W|b|gamma|beta|running_mean|running_std)(?:_\d+)?$/;
