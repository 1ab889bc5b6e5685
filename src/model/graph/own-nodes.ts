import type { GraphNode } from '../../../models/topology.js';
import { floatAttribute, json } from './attributes.js';

/*
 * Nodes of our own are identities with an attribute that TensorFlow and tfjs pass over: they run the model as it is in
 * inference, and here a model that was written and read again still drops out.
 */
const DROPOUT = '_dropout';
const FEATURES = '_features';

const own = (name: string, input: string, attribute: object): GraphNode => ({
  name,
  op: 'Identity',
  input: [input],
  attr: { T: json.type('float32'), ...attribute },
});

/** Dropout, in training only. */
export const dropoutNode = (name: string, input: string, rate: number): GraphNode =>
  own(name, input, { [DROPOUT]: json.float(rate) });

/** The rate of a dropout node; undefined for other nodes. */
export const dropoutRate = (node: GraphNode): number | undefined =>
  node.attr?.[DROPOUT] && node.op === 'Identity' ? floatAttribute(node, DROPOUT) : undefined;

/** The end of a network that was cut: what is before it is no classifier, whatever it looks like. */
export const featuresNode = (name: string, input: string): GraphNode =>
  own(name, input, { [FEATURES]: json.bool(true) });

export const isFeatures = (node: GraphNode): boolean =>
  node.op === 'Identity' && node.attr?.[FEATURES]?.b === true;

/** Whether an identity is more than that. */
export const isOwn = (node: GraphNode): boolean => dropoutRate(node) !== undefined || isFeatures(node);
