import type { GraphNode, GraphTopology } from '../../../models/topology.js';
import { InputError } from '../../errors.js';

/** Where an input of a node comes from. */
export interface Source {
  node: string;
  /** Which of its outputs. */
  index: number;
}

/** What an input names: `node`, or `node:1`. */
export function sourceOf(input: string): Source {
  const [, node, index] = /^\^?(.*?)(?::(\d+))?$/s.exec(input)!;
  return { node: node!, index: Number(index ?? 0) };
}

/** An input that orders without data. */
const isControl = (input: string): boolean => input.startsWith('^');

/** Inputs that carry data. */
export const dataInputs = (node: GraphNode): string[] =>
  (node.input ?? []).filter((input) => !isControl(input));

/** Nodes by name. */
export function byName(nodes: readonly GraphNode[]): Map<string, GraphNode> {
  return new Map(nodes.map((node) => [node.name, node]));
}

/** For each node the nodes that take one of its outputs as data. */
export function consumers(nodes: readonly GraphNode[]): Map<string, GraphNode[]> {
  const found = new Map<string, GraphNode[]>(nodes.map(({ name }) => [name, []]));
  for (const node of nodes) {
    for (const input of new Set(dataInputs(node).map((each) => sourceOf(each).node)))
      found.get(input)?.push(node);
  }
  return found;
}

/**
 * The nodes that `output` needs, each after those that it takes: nodes that nothing needs are left out, and control
 * inputs, which nothing is left for in a graph without state.
 *
 * @throws InputError for an input that no node gives, and for a cycle
 */
export function liveNodes(nodes: readonly GraphNode[], output: string): GraphNode[] {
  const all = byName(nodes);
  const ordered = new Map<string, GraphNode>();
  const underWay = new Set<string>();
  const open: { name: string; from?: string }[] = [{ name: output }];
  while (open.length > 0) {
    const { name, from } = open.at(-1)!;
    const node = all.get(name);
    if (!node) {
      const taker = from === undefined ? 'The model gives' : `Node '${from}' takes`;
      throw new InputError(`${taker} '${name}', which is no node of the graph. The model seems damaged.`);
    }
    if (ordered.has(name)) {
      open.pop();
      continue;
    }
    const missing = dataInputs(node)
      .map((input) => sourceOf(input).node)
      .filter((input) => !ordered.has(input));
    if (missing.length === 0) {
      open.pop();
      underWay.delete(name);
      const inputs = dataInputs(node);
      ordered.set(name, node.input === undefined ? node : { ...node, input: inputs });
      continue;
    }
    if (underWay.has(name)) {
      throw new InputError(`Node '${name}' (${node.op}) is part of a cycle: loops are not supported.`);
    }
    underWay.add(name);
    for (const input of [...missing].reverse()) open.push({ name: input, from: name });
  }
  return [...ordered.values()];
}

/** The same graph, with its nodes in the order of {@link liveNodes}. */
export function inOrder(topology: GraphTopology): GraphTopology {
  const { nodes, output } = topology.config;
  return { ...topology, config: { ...topology.config, nodes: liveNodes(nodes, sourceOf(output).node) } };
}

/** `name`, with a number where a node of that name is there already. */
export function freshName(nodes: readonly GraphNode[], name: string): string {
  const taken = new Set(nodes.map((node) => node.name));
  for (let number = 0; ; number++) {
    const candidate = number === 0 ? name : `${name}_${number}`;
    if (!taken.has(candidate)) return candidate;
  }
}

/** The nodes, with inputs of other names, each looked up once. */
export function renamed(nodes: readonly GraphNode[], names: ReadonlyMap<string, string>): GraphNode[] {
  const target = (input: string): string => {
    const { node, index } = sourceOf(input);
    const name = names.get(node) ?? node;
    return index === 0 ? name : `${name}:${index}`;
  };
  return nodes.map((node) => (node.input ? { ...node, input: dataInputs(node).map(target) } : node));
}

/** The nodes, with inputs that name a node that is gone naming the one before it, however many are gone in a row. */
export function redirected(nodes: readonly GraphNode[], to: ReadonlyMap<string, string>): GraphNode[] {
  const target = (input: string): string => {
    if (isControl(input)) return input;
    let { node, index } = sourceOf(input);
    for (let next = to.get(node); next !== undefined && index === 0; next = to.get(node)) {
      ({ node, index } = sourceOf(next));
    }
    return index === 0 ? node : `${node}:${index}`;
  };
  return nodes.map((node) => (node.input ? { ...node, input: node.input.map(target) } : node));
}

/**
 * Checks the names in a graph.
 *
 * @throws InputError for names that are none or there twice, and for inputs that no node gives
 */
export function checkNames(nodes: readonly GraphNode[]): void {
  const names = new Set<string>();
  for (const { name, op } of nodes) {
    if (names.has(name)) throw new InputError(`The graph has two nodes '${name}'. The model seems damaged.`);
    if (!/^[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*$/.test(name)) {
      throw new InputError(
        `The graph has a ${op} with the name '${name}', which is none. The model seems damaged.`,
      );
    }
    names.add(name);
  }
  for (const { name, input = [] } of nodes) {
    const unknown = input.find((each) => !names.has(sourceOf(each).node));
    if (unknown !== undefined) {
      throw new InputError(
        `Node '${name}' takes '${unknown}', which is no node of the graph. The model seems damaged.`,
      );
    }
  }
}
