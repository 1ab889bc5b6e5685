import { type LayerNode, leavesOf, type ModelNode } from './model-tree.js';
import { isDropped } from './rewrite.js';

/** A name for each layer that stays when nested models are flattened; no two are the same. */
export function flatNames(model: ModelNode): Map<LayerNode, string> {
  const own = new Set(model.layers.filter((layer) => !layer.model).map(({ name }) => name));
  const counts = new Map<string, number>();
  for (const leaf of leavesOf(model)) {
    if (stays(leaf)) counts.set(leaf.name, (counts.get(leaf.name) ?? 0) + 1);
  }
  const names = new Map<LayerNode, string>();
  const taken = new Set(own);
  const visit = ({ layers }: ModelNode, outer: readonly string[]): void => {
    for (const layer of layers) {
      if (layer.model) visit(layer.model, [...outer, layer.name]);
      else if (outer.length === 0) names.set(layer, layer.name);
      else if (stays(layer)) names.set(layer, untaken(layer, outer));
    }
  };
  const untaken = ({ name }: LayerNode, outer: readonly string[]): string => {
    const wished = counts.get(name) === 1 && !own.has(name) ? name : [...outer, name].join('_');
    let found = wished;
    for (let i = 2; taken.has(found); i += 1) found = `${wished}_${i}`;
    taken.add(found);
    return found;
  };
  visit(model, []);
  return names;
}

// A nested model's input is what it is called with.
function stays(layer: LayerNode): boolean {
  return layer.className !== 'InputLayer' && !isDropped(layer);
}
