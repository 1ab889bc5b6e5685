import { damaged } from '../../bytes/damaged.js';
import type { NodeDef } from './graph-def.js';
import type { InlinedGraph } from './inline.js';

/**
 * The nodes that outputs need, each after those that it needs itself; their inputs are resolved.
 *
 * @param outputs `node:0`
 * @throws InputError for a missing node, and for a graph that goes round in a circle
 */
export function orderedNodes(
  path: string,
  { nodes, resolve }: InlinedGraph,
  outputs: readonly string[],
): NodeDef[] {
  const ordered: NodeDef[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const stack = outputs.map((output) => nodeName(resolve(output)));
  // A stack of our own: a deep network would overflow that of recursive calls.
  while (stack.length > 0) {
    const name = stack.at(-1) as string;
    const node = nodes.get(name);
    if (node === undefined) throw damaged(path, `a node '${name}'`, 'none');
    if (state.has(name)) {
      stack.pop();
      if (state.get(name) === 'open') ordered.push({ ...node, inputs: node.inputs.map(resolve) });
      state.set(name, 'done');
      continue;
    }
    state.set(name, 'open');
    for (const input of node.inputs) {
      const source = nodeName(resolve(input));
      if (state.get(source) === 'open') throw damaged(path, 'a graph without circles', `one at '${source}'`);
      if (!state.has(source)) stack.push(source);
    }
  }
  return ordered;
}

/** `node` of `node:0`. */
export const nodeName = (output: string): string => output.slice(0, output.lastIndexOf(':'));
