import type { Role } from './roles.js';

/** Ends of names that tell what an operation or its constant is, and not which layer it belongs to. */
const GENERIC =
  /^(ReadVariableOp(_\d+)?|read|resource|(Conv2D|depthwise|MatMul|separable_conv2d|convolution)(_\d+)?(_(weights|bn_offset))?|BiasAdd|weights|biases|depthwise_(weights|kernel)|kernel|bias|gamma|beta|alpha|moving_(mean|variance)|FusedBatchNorm(V[23])?|Neg|Relu|Prelu|_weights)$/;

/**
 * Names of weights as the project has them, `layer/weight`: the layer's name is what the frozen graph calls the constant
 * (or the operation, where that tells nothing), without what all of them begin with.
 *
 * @param others names of the nodes that are no weights
 */
export function weightNames(
  roles: ReadonlyMap<string, Role>,
  others: readonly string[],
): Map<string, string> {
  const layers = new Map<string, string[]>();
  const norms = new Map<string, string>();
  for (const [constant, { node, weight }] of roles) {
    const isNorm = node.op === 'FusedBatchNormV3';
    // The four weights of a batch normalization share a layer, whatever the constants are called.
    const known = isNorm ? norms.get(node.name) : undefined;
    const layer = known ?? layerOf(constant.includes('/') ? constant : node.name);
    if (isNorm) norms.set(node.name, layer);
    layers.set(constant, [...layer.split('/'), weight]);
  }
  const shared = commonPrefix([...layers.values()].map((parts) => parts.slice(0, -2)));
  const taken = new Set(others);
  const names = new Map<string, string>();
  const suffixes = new Map<string, string>();
  for (const [constant, parts] of layers) {
    const { node } = roles.get(constant)!;
    const layer = parts.slice(shared, -1).join('/');
    const weight = parts.at(-1)!;
    const group = node.op === 'FusedBatchNormV3' ? node.name : constant;
    let suffix = suffixes.get(group) ?? '';
    for (let number = 1; taken.has(`${layer}${suffix}/${weight}`); number++) suffix = `_${number}`;
    suffixes.set(group, suffix);
    taken.add(`${layer}${suffix}/${weight}`);
    names.set(constant, `${layer}${suffix}/${weight}`);
  }
  return names;
}

function layerOf(name: string): string {
  const parts = name.split('/');
  while (parts.length > 1 && GENERIC.test(parts.at(-1)!)) parts.pop();
  return parts.join('/');
}

/** How many parts all of the lists begin with. */
function commonPrefix(lists: readonly (readonly string[])[]): number {
  const [first = [], ...rest] = lists;
  let length = first.length;
  for (const list of rest) {
    let same = 0;
    while (same < length && list[same] === first[same]) same++;
    length = same;
  }
  return length;
}
