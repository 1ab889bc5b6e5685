import { damaged } from '../../bytes/damaged.js';
import { InputError } from '../../errors.js';
import type { FunctionDef, GraphDef, NodeDef } from './graph-def.js';
import type { ArgDef, OpDef } from './op-def.js';
import { bytesField, integerField, readFields, textField } from './proto-reader.js';

/** Where a graph comes from, what its operations are. */
export interface InlineSource {
  /** The file, for messages. */
  path: string;
  graph: GraphDef;
  ops: ReadonlyMap<string, OpDef>;
}

export interface InlineOptions {
  /** Nodes of the graph that are wanted, with all that they need. */
  from: readonly string[];
  /** Whether nodes are needed for their effects as well: those that control others, and all of a function. */
  effects: boolean;
}

/** A graph without calls. Inputs of its nodes are `node:0`, and go through {@link InlinedGraph.resolve}. */
export interface InlinedGraph {
  nodes: ReadonlyMap<string, NodeDef>;
  /** The output that gives a value: of a call's output, what its function returns. */
  resolve(output: string): string;
}

interface Scope {
  nodes: ReadonlyMap<string, NodeDef>;
  /** Before the names of its nodes. */
  prefix: string;
  /** Arguments of a function, as outputs of the graph; undefined for the graph itself. */
  args: ReadonlyMap<string, string> | undefined;
  /** Its own nodes that are wanted. */
  from: readonly string[];
  depth: number;
}

const CALLS = new Set(['PartitionedCall', 'StatefulPartitionedCall']);
/** Functions call functions: what comes of it is bounded. EfficientNet-L2 has some 30,000 nodes. */
const MOST_NODES = 1 << 18;
const DEEPEST = 64;

/**
 * Puts the bodies of functions in place of their calls: nodes of a body are named by the call, `call/node`.
 *
 * @throws InputError for functions that are missing or without end
 */
export function inlineCalls(source: InlineSource, { from, effects }: InlineOptions): InlinedGraph {
  const { path, graph } = source;
  const nodes = new Map<string, NodeDef>();
  const aliases = new Map<string, string>();
  const scopes: Scope[] = [{ nodes: graph.nodes, prefix: '', args: undefined, from, depth: 0 }];
  for (let scope = scopes.pop(); scope !== undefined; scope = scopes.pop()) {
    for (const node of reachable(path, scope, effects)) {
      const name = scope.prefix + node.name;
      const within = scope;
      const inputs = node.inputs
        .filter((input) => !input.startsWith('^'))
        .map((input) => flatOutput(source, within, input));
      const called = calledFunction(path, graph, node);
      if (called) scopes.push(enter(source, called, { name, inputs, depth: scope.depth, effects }, aliases));
      else nodes.set(name, { ...node, name, inputs });
      if (nodes.size + aliases.size > MOST_NODES || scope.depth > DEEPEST) {
        throw damaged(path, `a graph of ${MOST_NODES} nodes at most`, 'functions that make a larger one');
      }
    }
  }
  return { nodes, resolve: (output) => followed(path, aliases, output) };
}

/** The scope of a function's body, and aliases for what its call gives. */
function enter(
  source: InlineSource,
  { signature, nodes, returns }: FunctionDef,
  call: { name: string; inputs: readonly string[]; depth: number; effects: boolean },
  aliases: Map<string, string>,
): Scope {
  if (signature.inputs.length !== call.inputs.length) {
    throw damaged(source.path, `${signature.inputs.length} inputs of ${call.name}`, `${call.inputs.length}`);
  }
  const args = new Map(signature.inputs.map(({ name }, i) => [name, call.inputs[i] as string]));
  const results = signature.outputs.map(({ name }) => returns.get(name) ?? '');
  const scope = { nodes, prefix: `${call.name}/`, args, depth: call.depth + 1 };
  const from = call.effects ? [...nodes.keys()] : results.map(nodeOf).filter((name) => !args.has(name));
  const inner = { ...scope, from };
  for (const [i, result] of results.entries())
    aliases.set(`${call.name}:${i}`, flatOutput(source, inner, result));
  return inner;
}

/** Nodes of a scope that are wanted, each once. */
function reachable(path: string, { nodes, args, from }: Scope, effects: boolean): NodeDef[] {
  const seen = new Set(from);
  const found: NodeDef[] = [];
  // A set is gone through in the order of insertion, also of what is added meanwhile.
  for (const name of seen) {
    const node = nodes.get(name);
    if (node === undefined) throw damaged(path, `a node '${name}'`, 'none');
    found.push(node);
    for (const input of node.inputs) {
      const controls = input.startsWith('^');
      const source = controls ? input.slice(1) : nodeOf(input);
      if (!(args?.has(source) ?? false) && (!controls || effects)) seen.add(source);
    }
  }
  return found;
}

function flatOutput({ path, graph, ops }: InlineSource, scope: Scope, input: string): string {
  const [name = '', output, index] = input.split(':');
  if (scope.args === undefined) return `${name}:${output ?? 0}`;
  const argument = scope.args.get(name);
  if (argument !== undefined) return argument;
  const node = scope.nodes.get(name);
  if (node === undefined) throw damaged(path, `a node '${name}' in a function`, 'none');
  const definition = graph.functions.get(node.op)?.signature ?? ops.get(node.op);
  if (definition === undefined) {
    throw new InputError(`${path} does not define its operation ${node.op}. Save the model again.`);
  }
  let position = Number(index ?? 0);
  for (const argumentOf of definition.outputs) {
    if (argumentOf.name === output) return `${scope.prefix}${name}:${position}`;
    position += tensorCount(path, node, argumentOf);
  }
  throw damaged(path, `an output of ${node.op}`, `'${output}'`);
}

/** How many tensors an output stands for. */
function tensorCount(path: string, node: NodeDef, { numberAttribute, typeListAttribute }: ArgDef): number {
  const attribute = node.attributes.get(numberAttribute || typeListAttribute);
  if (!(numberAttribute || typeListAttribute)) return 1;
  let count = 0;
  const types = { 6: integerField(() => count++) };
  readFields(path, attribute ?? new Uint8Array(0), {
    1: bytesField((list) => readFields(path, list, types)),
    3: integerField((value) => {
      count = value;
    }),
  });
  return count;
}

function calledFunction(path: string, { functions }: GraphDef, node: NodeDef): FunctionDef | undefined {
  if (!CALLS.has(node.op)) return functions.get(node.op);
  let name = '';
  const nameField = {
    1: textField((value) => {
      name = value;
    }),
  };
  readFields(path, node.attributes.get('f') ?? new Uint8Array(0), {
    10: bytesField((value) => readFields(path, value, nameField)),
  });
  const found = functions.get(name);
  if (found === undefined) throw damaged(path, `a function '${name}'`, 'none');
  return found;
}

function followed(path: string, aliases: ReadonlyMap<string, string>, output: string): string {
  let current = output;
  for (let steps = 0; steps <= aliases.size; steps += 1) {
    const next = aliases.get(current);
    if (next === undefined) return current;
    current = next;
  }
  throw damaged(path, 'a value that some node gives', `'${output}', which calls itself`);
}

const nodeOf = (output: string): string => output.split(':', 1)[0] as string;
