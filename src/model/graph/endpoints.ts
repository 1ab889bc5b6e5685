import type { GraphNode } from '../../../models/topology.js';
import { InputError, unknownName } from '../../errors.js';
import { shapeAttribute } from './attributes.js';
import { byName, consumers, dataInputs, sourceOf } from './nodes.js';

/** A value that a model gives, by its name in the signature, where it has one. */
export interface Endpoint {
  key: string;
  /** Node, or `node:1`. */
  node: string;
  /** As the signature says it; -1 for an open size. */
  shape?: readonly number[];
}

const PLACEHOLDERS = new Set(['Placeholder', 'PlaceholderV2', 'PlaceholderWithDefault']);
/** How classifiers call what they give, the best first. */
const CLASSIFIERS = [/logit/i, /prediction|prob|softmax|score|class/i, /default|output/i];
/** Operations that end a graph without giving scores. */
const NO_SCORES = new Set(['NoOp', 'Assert', 'Placeholder', 'Const', 'ArgMax', 'TopKV2']);

/**
 * The output that classifies: the one asked for, the only one, or among several the one of a matrix and the name of a
 * classifier's.
 *
 * @throws InputError that lists the outputs where none stands out
 */
export function pickOutput(
  nodes: readonly GraphNode[],
  signature: readonly Endpoint[],
  { output }: { output?: string } = {},
): Endpoint {
  const all = byName(nodes);
  const outputs = signature.length > 0 ? signature : ends(nodes);
  if (output !== undefined) {
    const asked = outputs.find(({ key, node }) => key === output || sourceOf(node).node === output);
    if (asked) return asked;
    if (all.has(output)) return { key: output, node: output };
    throw unknownName(
      'output',
      output,
      outputs.map(({ key }) => key),
    );
  }
  const [only, ...others] = outputs;
  if (!only) throw new InputError('The graph gives nothing: no signature, and no node at its end.');
  if (others.length === 0) return only;
  const matrices = outputs.filter(({ shape }) => shape === undefined || shape.length === 2);
  for (const pattern of CLASSIFIERS) {
    const found = matrices.filter(({ key, node }) => pattern.test(key) || pattern.test(node));
    if (found.length === 1) return found[0]!;
  }
  if (matrices.length === 1) return matrices[0]!;
  const names = outputs.map(({ key }) => `'${key}'`).join(', ');
  throw new InputError(
    `The model has several outputs: ${names}. One that classifies is supported: save the model with that one alone.`,
  );
}

/** Nodes that no other takes a value from. */
function ends(nodes: readonly GraphNode[]): Endpoint[] {
  const takers = consumers(nodes);
  return nodes
    .filter(({ name, op }) => takers.get(name)!.length === 0 && !NO_SCORES.has(op))
    .map(({ name }) => ({ key: name, node: name }));
}

/**
 * The placeholder that takes the images.
 *
 * @param nodes those that the output needs
 * @throws InputError for several, none, and for text in place of pixels: it names them
 */
export function pickInput(nodes: readonly GraphNode[]): GraphNode {
  const placeholders = nodes.filter(({ op }) => PLACEHOLDERS.has(op));
  const texts = placeholders.filter((node) => String(node.attr?.dtype?.type) === 'DT_STRING');
  if (texts.length > 0) {
    throw new InputError(
      `The input '${texts[0]!.name}' takes text, not pixels. Save the model from its decoded images on.`,
    );
  }
  const images = placeholders.filter(
    (node) =>
      node.op !== 'PlaceholderWithDefault' && [4, undefined].includes(shapeAttribute(node, 'shape')?.length),
  );
  const others = placeholders.filter(
    (node) => node.op !== 'PlaceholderWithDefault' && !images.includes(node),
  );
  const unfit = others[0] ?? images[1];
  if (images.length === 1 && !unfit) return checkImages(images[0]!);
  const names = placeholders.map(({ name }) => `'${name}'`).join(', ') || 'none';
  throw new InputError(
    `The model has these inputs: ${names}; expected one, of images [batch, height, width, channels]. ` +
      'Save the model with its images alone as the input.',
  );
}

function checkImages(node: GraphNode): GraphNode {
  const [, height, , channels] = shapeAttribute(node, 'shape') ?? [];
  if (height === 3 && channels !== 3) {
    throw new InputError(
      `The input '${node.name}' takes images with the channels first (NCHW); only channels last is supported. ` +
        'Convert the model again from one with channels last.',
    );
  }
  return node;
}

/** Nodes that a score goes through on its way out, without being another one. */
const OUTWARD = new Set(['Identity', 'Reshape', 'Squeeze']);

/** What goes into the last softmax, where the output comes from one; else the output. */
export function logitsOf(nodes: readonly GraphNode[], output: string): string {
  const all = byName(nodes);
  let node = all.get(sourceOf(output).node);
  while (node && OUTWARD.has(node.op)) node = all.get(sourceOf(dataInputs(node)[0] ?? '').node);
  return node?.op === 'Softmax' ? dataInputs(node)[0]! : output;
}
