import type { FunctionalTopology, LayerConfig } from '../../../models/topology.js';
import { InputError } from '../../errors.js';
import { traceLayers } from '../trace.js';
import { insertBefore } from './edit.js';
import { residualBranches } from './residual.js';

/**
 * Sets the rates of drop-connect (stochastic depth, arXiv 1603.09382): that of the last residual branch is `rate`, those
 * before it keep their proportions to it. What drops is a dropout of whole images (EfficientNet), or ShakeDrop, which
 * shakes a branch in place of dropping it and keeps it with probability 1 - rate (arXiv 1802.02375). A network with
 * neither gets such a dropout on every residual branch, growing evenly with depth: rate l / L for branch l of L. Changes `graph`.
 *
 * @throws InputError where a rate above 0 is asked of a network without residual branches
 */
export function setDropConnect(
  graph: FunctionalTopology,
  rate: number,
  { imageSize }: { imageSize?: number } = {},
): void {
  const drops = graph.config.layers.filter((layer) => dropRate(layer) !== undefined);
  const largest = Math.max(0, ...drops.map((layer) => dropRate(layer)!));
  drops.forEach((layer, i) => {
    const share = largest > 0 ? dropRate(layer)! / largest : (i + 1) / drops.length;
    if (layer.class_name === SHAKE_DROP) layer.config.keep_probability = 1 - share * rate;
    else layer.config.rate = share * rate;
  });
  if (drops.length > 0 || rate === 0) return;
  const branches = residualBranches(graph);
  if (branches.length === 0) {
    throw new InputError(
      `The model '${graph.config.name}' has no residual branches that drop-connect could drop. ` +
        'Leave drop-connect out, or set it to 0.',
    );
  }
  const ranks = new Map(traceLayers(graph, { imageSize }).map(({ name, shape }) => [name, shape.length]));
  branches.forEach(({ add, input }, i) => {
    const noise_shape = [null, ...Array<number>(ranks.get(add.name)!).fill(1)];
    const config = { rate: rate * ((i + 1) / branches.length), noise_shape, seed: null };
    insertBefore(graph, add, { className: 'Dropout', name: `${add.name}_drop`, config, input });
  });
}

const SHAKE_DROP = 'ShakeDrop';

/** How often a layer drops (or shakes) a branch for an image; undefined for a layer that does no such thing. */
function dropRate({ class_name, config }: LayerConfig): number | undefined {
  if (class_name === SHAKE_DROP) return 1 - Number(config.keep_probability ?? 1);
  const noise = config.noise_shape;
  const wholeImage = Array.isArray(noise) && noise[0] === null && noise.slice(1).every((size) => size === 1);
  return class_name === 'Dropout' && wholeImage ? Number(config.rate) : undefined;
}
