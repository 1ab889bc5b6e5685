import type { FunctionalTopology, LayerConfig } from '../../../models/topology.js';
import { invalid } from '../../errors.js';
import { graphWithDropout, isGraph } from '../graph/swap-head.js';
import type { Model } from '../model.js';
import { chainToGraph } from '../sequential.js';
import { dropoutBefore, findClassifier } from './classifier.js';
import { setDropConnect } from './drop-connect.js';
import { insertBefore } from './edit.js';
import { checkRate } from './options.js';

/**
 * The model with other rates of dropout (in front of the classifier, where a layer is added if there is none) and
 * drop-connect (that of the last residual block; less in those before it). Weights keep their names.
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
  if (dropConnect !== undefined) setDropConnect(graph, dropConnect, model);
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
