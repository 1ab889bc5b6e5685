import { constantTexts } from './constant.js';
import type { NodeDef } from './graph-def.js';
import { type InlinedGraph, type InlineSource, inlineCalls } from './inline.js';
import { nodeName } from './ordered.js';
import type { RestoreRequest } from './restore.js';

/** Operations that give a variable its value: the variable comes first, then the value. */
const ASSIGNMENTS = new Set(['AssignVariableOp', 'Assign']);
/** Operations that hand a value on as it is. */
const PASSING = new Set(['Identity', 'DisableCopyOnRead']);

/**
 * Where each variable's value is in the checkpoint, by the name of the variable's node: read off the program that
 * TensorFlow itself would run to bring the values, so that names may repeat and differ from keys.
 *
 * @param restoreNode the node that runs that program
 */
export function variableBindings(source: InlineSource, restoreNode: string): Map<string, RestoreRequest> {
  const bindings = new Map<string, RestoreRequest>();
  const name = restoreNode.split(':', 1)[0] as string;
  if (!source.graph.nodes.has(name)) return bindings;
  const program = inlineCalls(source, { from: [name], effects: true });
  const keysOf = new Map<string, RestoreRequest[]>();
  for (const node of program.nodes.values()) {
    if (!ASSIGNMENTS.has(node.op) || node.inputs.length < 2) continue;
    const [variable, value] = node.inputs.map((input) => origin(program, input));
    const restoring = program.nodes.get(nodeName(value!));
    if (restoring?.op !== 'RestoreV2') continue;
    const requests = keysOf.get(restoring.name) ?? requestsOf(source.path, program, restoring);
    keysOf.set(restoring.name, requests);
    const request = requests[Number(value!.slice(value!.lastIndexOf(':') + 1))];
    if (request) bindings.set(nodeName(variable!), request);
  }
  return bindings;
}

/** The output that a value comes from, through what hands it on. */
function origin({ nodes, resolve }: InlinedGraph, output: string): string {
  let current = resolve(output);
  for (let steps = 0; steps <= nodes.size; steps += 1) {
    const node = nodes.get(nodeName(current));
    if (node?.inputs[0] === undefined || !PASSING.has(node.op)) break;
    current = resolve(node.inputs[0]);
  }
  return current;
}

function requestsOf(path: string, program: InlinedGraph, { inputs }: NodeDef): RestoreRequest[] {
  const [keys = [], slices = []] = inputs.slice(1, 3).map((input) => {
    const constant = program.nodes.get(nodeName(origin(program, input)));
    const value = constant?.op === 'Const' ? constant.attributes.get('value') : undefined;
    return value ? constantTexts(path, value).map((text) => new TextDecoder().decode(text)) : [];
  });
  return keys.map((key, i) => ({ key, slice: slices[i] ?? slices.at(-1) ?? '' }));
}
