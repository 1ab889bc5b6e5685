import { FILTER_GRADIENTS, filterGradients } from './filter-gradient.js';
import { slowFilters } from './filters.js';
import type { Fragment, Output } from './fragment.js';
import { bufferBytes, library, type NativeBuffer, type NativeOutput, type Pointer } from './library.js';
import { type DeviceOf, placedNodes } from './placement.js';
import { withStatus } from './status.js';

/**
 * A TensorFlow graph. Everything in it is named by strings: an {@link Output} is `prefix/node` or
 * `prefix/node:1`. Sessions that run it are closed before {@link Graph.dispose}.
 */
export class Graph {
  #pointer: Pointer | undefined = library().c.TF_NewGraph();
  #operations = new Map<string, Pointer>();

  /** @internal */
  get pointer(): Pointer {
    if (this.#pointer === undefined) throw new Error('This graph was already disposed of.');
    return this.#pointer;
  }

  /**
   * Imports a copy of a fragment.
   *
   * @param fragment what to import
   * @param prefix put before the names of its nodes, with a slash; empty for none
   * @param bindings for each bound placeholder of the fragment, the output of this graph that takes its place
   * @throws TensorFlowError when TensorFlow refuses a node
   */
  import(fragment: Fragment, prefix = '', bindings: Readonly<Record<string, Output>> = {}): void {
    this.#import(fragment.encode(), prefix, bindings);
  }

  #import(graphDef: Uint8Array, prefix = '', bindings: Readonly<Record<string, Output>> = {}): void {
    const { c } = library();
    const buffer: NativeBuffer = { data: graphDef, length: graphDef.length, dealloc: null };
    const options: Pointer = c.TF_NewImportGraphDefOptions();
    try {
      if (prefix) c.TF_ImportGraphDefOptionsSetPrefix(options, prefix);
      for (const [name, output] of Object.entries(bindings)) {
        c.TF_ImportGraphDefOptionsAddInputMapping(options, name, 0, this.resolve(output));
      }
      withStatus(`import ${prefix ? `the fragment '${prefix}'` : 'a fragment'} into the graph`, (status) =>
        c.TF_GraphImportGraphDef(this.pointer, buffer, options, status),
      );
    } finally {
      c.TF_DeleteImportGraphDefOptions(options);
    }
  }

  /**
   * Adds the gradients of the sum of `ys` with respect to each of `xs`; or, given the gradient of something for each y,
   * that of it for each x, as far as x acts through the ys.
   *
   * @param prefix put before the names of the new nodes
   * @param dys one gradient a y, of its shape: carries gradients on from piece to piece of a computation
   * @returns for each x the output that holds its gradient
   * @throws TensorFlowError when an operation on the way has no gradient, or no y depends on an x: the message
   * names it, or the convolution whose filter it is
   */
  gradients(ys: readonly Output[], xs: readonly Output[], prefix: string, dys?: readonly Output[]): Output[] {
    const resolve = (outputs: readonly Output[]) => outputs.map((output) => this.resolve(output));
    const [from, to] = [resolve(ys), resolve(xs)];
    const filters = slowFilters(this.pointer, from, to);
    // Of a filter that has a gradient of our own, that of the convolution's output comes first.
    const reached = to.map((x, i) => filters.get(i)?.output ?? x);
    const found = this.#addGradients(from, reached, prefix, dys && resolve(dys));
    const gradients = found.map((output, i) => {
      if (!output?.oper) throw new Error(`No gradient reaches '${xs[i]}'.`);
      return nameOf(output);
    });
    if (filters.size === 0) return gradients;
    const at = `${prefix}/filters`;
    const { input, gradient, filter } = FILTER_GRADIENTS;
    // One import: each goes through the whole graph.
    const bindings = [...filters].flatMap(([i, { input: images }], k) => [
      [input(k), nameOf(images)],
      [gradient(k), gradients[i]!],
    ]);
    this.import(filterGradients([...filters.values()]), at, Object.fromEntries(bindings));
    for (const [k, i] of [...filters.keys()].entries()) gradients[i] = `${at}/${filter(k)}`;
    return gradients;
  }

  #addGradients(
    ys: readonly NativeOutput[],
    xs: readonly NativeOutput[],
    prefix: string,
    dys: readonly NativeOutput[] | undefined,
  ): (NativeOutput | null)[] {
    const { c } = library();
    const found: (NativeOutput | null)[] = xs.map(() => ({ oper: 0n, index: 0 }));
    withStatus('add gradients', (status) =>
      c.TF_AddGradientsWithPrefix(
        this.pointer,
        prefix,
        ys,
        ys.length,
        xs,
        xs.length,
        dys ?? null,
        status,
        found,
      ),
    );
    return found;
  }

  /**
   * A copy with nodes placed on devices, which has an owner of its own.
   *
   * @param deviceOf the device of a node by its name, for example `/device:GPU:1`; undefined for TensorFlow's choice
   */
  placed(deviceOf: DeviceOf): Graph {
    const { c } = library();
    const buffer: Pointer = c.TF_NewBuffer();
    const copy = new Graph();
    try {
      withStatus('copy the graph', (status) => c.TF_GraphToGraphDef(this.pointer, buffer, status));
      copy.#import(placedNodes(bufferBytes(buffer), deviceOf));
      return copy;
    } catch (error) {
      copy.dispose();
      throw error;
    } finally {
      c.TF_DeleteBuffer(buffer);
    }
  }

  /** The device that a node was placed on; empty where that is TensorFlow's choice. */
  deviceOf(node: string): string {
    return library().c.TF_OperationDevice(this.operation(node));
  }

  /** Whether the graph has a node of this name. */
  has(node: string): boolean {
    return Boolean(library().c.TF_GraphOperationByName(this.pointer, node));
  }

  /** @internal The operation of a node. */
  operation(node: string): Pointer {
    let pointer = this.#operations.get(node);
    if (pointer === undefined) {
      const found: Pointer | null = library().c.TF_GraphOperationByName(this.pointer, node);
      if (!found) throw new Error(`The graph has no node '${node}'.`);
      pointer = found;
      this.#operations.set(node, pointer);
    }
    return pointer;
  }

  /** @internal */
  resolve(output: Output): NativeOutput {
    const [, node, index] = /^(.*?)(?::(\d+))?$/.exec(output)!;
    const oper = this.operation(node!);
    const position = Number(index ?? 0);
    if (position >= library().c.TF_OperationNumOutputs(oper)) {
      throw new Error(`The node '${node}' has no output ${position}.`);
    }
    return { oper, index: position };
  }

  /** Frees the graph. Calling it again does nothing. */
  dispose(): void {
    if (this.#pointer === undefined) return;
    library().c.TF_DeleteGraph(this.#pointer);
    this.#pointer = undefined;
    this.#operations.clear();
  }
}

function nameOf({ oper, index }: NativeOutput): Output {
  const name: string = library().c.TF_OperationName(oper);
  return index === 0 ? name : `${name}:${index}`;
}
