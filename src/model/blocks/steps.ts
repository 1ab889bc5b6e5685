import type { GraphNode, GraphTopology, Topology } from '../../../models/topology.js';
import { layerOf } from '../../patterns.js';
import { weightOf } from '../graph/constants.js';
import { dataInputs, sourceOf } from '../graph/nodes.js';
import { traceLayers } from '../trace.js';

/** One call of a layer, or of a graph one operation on the images: what blocks are made of. */
export interface Step {
  name: string;
  /** The steps that it takes, all before it. */
  inputs: readonly Step[];
  /** Layers that come with it and did not come before: of a graph, those whose weights it takes. */
  layers: readonly string[];
  /** Whether these layers hold weights, and whether one of them is a kernel. */
  weights: boolean;
  kernel: boolean;
  /** Whether it joins branches: a sum, or a concatenation. */
  merges: boolean;
}

const MERGING = new Set(['Add', 'Average', 'Concatenate', 'Maximum', 'Minimum', 'Subtract']);
const MERGING_OPERATIONS = new Set(['Add', 'AddV2', 'AddN', 'ConcatV2', 'Maximum', 'Minimum', 'Sub']);

/** `kernel`, `depthwise_kernel`, `pointwise_kernel`. */
const isKernel = (weight: string): boolean => weight.endsWith('kernel');

/** The steps of a network, each after those that it takes. */
export function stepsOf({ topology, imageSize }: { topology: Topology; imageSize?: number }): Step[] {
  if (topology.class_name === 'Graph') return graphSteps(topology);
  const seen = new Set<string>();
  const steps: Step[] = [];
  for (const { name, className, inputs, weights } of traceLayers(topology, { imageSize })) {
    steps.push({
      name,
      inputs: inputs.map((at) => steps[at]!),
      layers: seen.has(name) ? [] : [name],
      weights: weights.length > 0,
      kernel: weights.some((weight) => isKernel(weight.name)),
      merges: inputs.length > 1 && MERGING.has(className),
    });
    seen.add(name);
  }
  return steps;
}

/** Operations on the images. What is made of constants alone belongs to the first step that takes it. */
function graphSteps({ config: { nodes, input } }: GraphTopology): Step[] {
  const steps = new Map<string, Step>();
  /** Weights behind a value that does not hang on the images. */
  const behind = new Map<string, readonly string[]>();
  const seen = new Set<string>();
  for (const node of nodes) {
    const sources = [...new Set(dataInputs(node).map((each) => sourceOf(each).node))];
    const inputs = sources.flatMap((source) => steps.get(source) ?? []);
    const names = weightOf(node) ? [node.name] : sources.flatMap((source) => behind.get(source) ?? []);
    if (node.name !== input && inputs.length === 0) {
      behind.set(node.name, names);
      continue;
    }
    steps.set(node.name, stepOf(node, inputs, names));
  }
  return [...steps.values()];

  function stepOf({ name, op }: GraphNode, inputs: readonly Step[], weights: readonly string[]): Step {
    const layers = [...new Set(weights.map(layerOf))].filter((layer) => !seen.has(layer));
    for (const layer of layers) seen.add(layer);
    return {
      name,
      inputs,
      layers,
      weights: layers.length > 0,
      kernel: layers.length > 0 && weights.some(isKernel),
      merges: inputs.length > 1 && MERGING_OPERATIONS.has(op),
    };
  }
}
