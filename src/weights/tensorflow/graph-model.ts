import { basename, join } from 'node:path';
import { damaged } from '../../bytes/damaged.js';
import { InputError } from '../../errors.js';
import {
  checkNames,
  type Endpoint,
  outputSize,
  type TrainableGraph,
  trainableGraph,
} from '../../model/graph/index.js';
import { attributeJson } from './attributes.js';
import { variableBindings } from './bindings.js';
import { type Bundle, openBundle } from './bundle.js';
import { keysByName } from './checkpoint.js';
import { STRING, typeName, weightType } from './element-types.js';
import { freeze, isVariable, type VariableValue } from './freeze.js';
import type { GraphDef, NodeDef } from './graph-def.js';
import { type InlineSource, inlineCalls } from './inline.js';
import type { MetaGraph, Signature } from './meta-graph.js';
import { nodeName, orderedNodes } from './ordered.js';
import { type RestoreRequest, restore } from './restore.js';
import { fuseNorms, plainBiases } from './simplify.js';

/** A graph that can be trained, and the number of its classes, where it tells. */
export type GraphModel = TrainableGraph & { classes: number | undefined };

/** Operations that end a graph without giving a value. */
const NO_VALUES = new Set(['NoOp', 'Assert', 'Print', 'Const', 'Placeholder']);

/** Prefix of the checkpoint within the folder of a SavedModel. */
export const variablesOf = (folder: string): string => join(folder, 'variables', 'variables');

/**
 * The graph of a signature: calls replaced by the bodies of their functions, variables by weights with the values of
 * the SavedModel's checkpoint.
 *
 * @param folder of the SavedModel
 */
export async function signatureModel(
  path: string,
  folder: string,
  metaGraph: MetaGraph,
  { outputs }: Signature,
): Promise<GraphModel> {
  const source = { path, graph: metaGraph.graph, ops: metaGraph.ops };
  const ends = outputs
    .filter(({ dtype }) => dtype !== STRING)
    .map(({ key, output, shape }) => ({
      key,
      node: output.includes(':') ? output : `${output}:0`,
      ...(shape && { shape }),
    }));
  const from = ends.map(({ node }) => nodeName(node));
  const inlined = inlineCalls(source, { from, effects: false });
  const ordered = orderedNodes(
    path,
    inlined,
    ends.map(({ node }) => node),
  );
  const variables = ordered.filter(isVariable);
  const values = await valuesOf(path, variables, () => ({
    bundle: openBundle(variablesOf(folder)),
    bindings: variableBindings(source, metaGraph.restoreNode),
  }));
  return trained(
    source,
    ordered,
    values,
    ends.map((end) => ({ ...end, node: inlined.resolve(end.node) })),
    basename(folder),
  );
}

/**
 * A graph whose variables are constants already; it has no functions, and no signature.
 *
 * @throws InputError with the names of variables, where it has any
 */
export async function frozenModel(path: string, graph: GraphDef): Promise<GraphModel> {
  const source = { path, graph, ops: new Map() };
  const used = new Set<string>();
  for (const { inputs } of graph.nodes.values())
    for (const input of inputs) used.add(input.replace(/^\^|:\d+$/g, ''));
  const from = [...graph.nodes.values()]
    .filter(({ name, op }) => !used.has(name) && !NO_VALUES.has(op))
    .map(({ name }) => name);
  const inlined = inlineCalls(source, { from, effects: false });
  const ordered = orderedNodes(
    path,
    inlined,
    from.map((name) => `${name}:0`),
  );
  const variables = ordered.filter(isVariable).map(({ name }) => name);
  if (variables.length > 0) {
    throw new InputError(
      `${path} has variables without values (${variables.slice(0, 3).join(', ')}): it is not frozen. ` +
        'Name the folder of its SavedModel.',
    );
  }
  return trained(source, ordered, new Map(), [], basename(path));
}

function trained(
  source: InlineSource,
  ordered: readonly NodeDef[],
  values: ReadonlyMap<string, VariableValue>,
  ends: readonly Endpoint[],
  name: string,
): GraphModel {
  const { placeOf, ...frozen } = freeze(source, ordered, values);
  const outputs = ends.map((end) => ({ ...end, node: placeOf(end.node) }));
  try {
    checkNames(frozen.nodes);
    const model = trainableGraph({ name, outputs, ...plainBiases(fuseNorms(frozen)) });
    return { ...model, classes: outputSize(model.topology) };
  } catch (error) {
    if (!(error instanceof InputError) || error.message.includes(source.path)) throw error;
    throw new InputError(`${source.path}: ${error.message}`);
  }
}

/** Values of variables, by node, with the names that the checkpoint has for them. */
async function valuesOf(
  path: string,
  variables: readonly NodeDef[],
  open: () => { bundle: Bundle; bindings: ReadonlyMap<string, RestoreRequest> },
): Promise<Map<string, VariableValue>> {
  if (variables.length === 0) return new Map();
  const { bundle, bindings } = open();
  const keys = keysByName(bundle);
  const names = new Map([...keys].map(([name, key]) => [key, name]));
  const requests = variables.map((variable) => {
    // Some variables are restored through another node than the one that is read: these go by their name.
    const name = sharedName(path, variable);
    const request = bindings.get(variable.name) ?? { key: keys.get(name) ?? name, slice: '' };
    const type = bundle.entries.get(request.key)?.dtype;
    if (type === undefined || weightType(type) === undefined) {
      const received = type === undefined ? 'none' : `one of type ${typeName(type)}`;
      throw damaged(bundle.index, `a value of the variable '${name}' (${request.key})`, received);
    }
    return request;
  });
  const tensors = await restore(bundle, requests);
  const taken = new Set<string>();
  return new Map(
    variables.map((variable, i) => {
      // Parts of a variable share their key, and a name may be that of several variables.
      const known = names.get(requests[i]!.key);
      const name = known === undefined || taken.has(known) ? variable.name : known;
      taken.add(name);
      return [variable.name, { name, tensor: tensors[i]! }];
    }),
  );
}

/** The name that a variable has in the program that made it; its node may bear another one. */
function sharedName(path: string, { name, attributes }: NodeDef): string {
  const encoded = attributes.get('shared_name');
  const shared = encoded && attributeJson(path, encoded).s;
  return (typeof shared === 'string' && Buffer.from(shared, 'base64').toString()) || name;
}
