import type { FunctionalTopology, LayerConfig } from '../../../models/topology.js';
import { InputError, invalid } from '../../errors.js';
import { graphWithDropout, isGraph } from '../graph/swap-head.js';
import type { Model } from '../model.js';
import { chainToGraph } from '../sequential.js';
import { dropoutBefore, findClassifier } from './classifier.js';
import { insertBefore } from './edit.js';
import { checkRate } from './options.js';

/** Noise that is the same for a whole image: dropout with it drops branches. */
const WHOLE_IMAGE = [null, 1, 1, 1];

/**
 * The model with other rates of dropout (in front of the classifier, where a layer is added if there is none) and
 * drop-connect (that of the last residual block; less in those before it).
 *
 * @throws InputError when drop-connect is asked of a network without residual branches
 */
export function withDropout(model: Model, rates: { dropout?: number; dropConnect?: number }): Model {
  const { dropout, dropConnect } = rates;
  if (dropout === undefined && dropConnect === undefined) return model.with({});
  checkRate('dropout', dropout);
  checkRate('dropConnect', dropConnect);
  if (isGraph(model)) return graphWithDropout(model, rates);
  const graph = structuredClone(chainToGraph(model.topology));
  if (dropout !== undefined) {
    const classifier = findClassifier(graph, model);
    if (classifier) setDropout(graph, classifier.layer, dropout);
    else if (dropout > 0) throw invalid('dropout', '0 for a network without a classifier', dropout);
  }
  if (dropConnect !== undefined) setDropConnect(graph, dropConnect);
  return model.with({ topology: graph });
}

/** Sets the rate of dropout in front of the classifier; the layer is added where there is none. Changes `graph`. */
export function setDropout(graph: FunctionalTopology, classifier: LayerConfig, rate: number): void {
  const layer = dropoutBefore(graph, classifier);
  if (layer) layer.config.rate = rate;
  else if (rate > 0) {
    const config = { rate, noise_shape: null, seed: null };
    insertBefore(graph, classifier, { className: 'Dropout', name: 'top_dropout', config });
  }
}

/**
 * Sets the rates of drop-connect (stochastic depth, arXiv 1603.09382): that of the last residual branch is `rate`, those
 * before it keep their proportions to it. A network without it gets it on every residual branch whose shortcut is the
 * block's input as it is, growing evenly with depth. Changes `graph`.
 *
 * @throws InputError where a rate above 0 is asked of a network without such branches
 */
function setDropConnect(graph: FunctionalTopology, rate: number): void {
  const drops = graph.config.layers.filter(
    ({ class_name, config }) => class_name === 'Dropout' && config.noise_shape != null,
  );
  const largest = Math.max(0, ...drops.map(({ config }) => Number(config.rate)));
  drops.forEach((layer, i) => {
    const share = largest > 0 ? Number(layer.config.rate) / largest : (i + 1) / drops.length;
    layer.config.rate = share * rate;
  });
  if (drops.length > 0 || rate === 0) return;
  const branches = residualBranches(graph);
  if (branches.length === 0) {
    throw new InputError(
      `The model '${graph.config.name}' has no residual branches that drop-connect could drop. ` +
        'Leave drop-connect out, or set it to 0.',
    );
  }
  branches.forEach(({ add, input }, i) => {
    const config = { rate: (rate * (i + 1)) / branches.length, noise_shape: WHOLE_IMAGE, seed: null };
    insertBefore(graph, add, { className: 'Dropout', name: `${add.name}_drop`, config, input });
  });
}

/** Sums of two in which one is an ancestor of the other: that other one is the branch. */
function residualBranches(graph: FunctionalTopology): { add: LayerConfig; input: number }[] {
  const { layers } = graph.config;
  const position = new Map(layers.map(({ name }, i) => [name, i]));
  const sources = ({ inbound_nodes }: LayerConfig): string[] =>
    (inbound_nodes ?? []).flatMap((node) => node.map(([source]) => source));

  /** Layers come after what they take, so nothing before `ancestor` has to be looked at. */
  const leadsTo = (ancestor: string, descendant: string): boolean => {
    const first = position.get(ancestor)!;
    const seen = new Set<string>();
    const open = [descendant];
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (name === ancestor) return true;
      if (seen.has(name) || position.get(name)! < first) continue;
      seen.add(name);
      open.push(...sources(layers[position.get(name)!]!));
    }
    return false;
  };

  return layers.flatMap((add) => {
    const inputs = sources(add);
    const [first, second] = inputs;
    if (add.class_name !== 'Add' || inputs.length !== 2 || first === second) return [];
    if (leadsTo(second!, first!)) return [{ add, input: 0 }];
    if (leadsTo(first!, second!)) return [{ add, input: 1 }];
    return [];
  });
}
