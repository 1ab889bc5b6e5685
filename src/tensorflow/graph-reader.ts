import { library, type NativeOutput, type Pointer } from './library.js';
import { withStatus } from './status.js';
import { DATA_TYPES } from './types.js';

/** Nodes of a native graph, by pointer: what they are, and how they hang together. */
export interface GraphReader {
  /** TensorFlow's name of the operation. */
  typeOf(node: Pointer): string;
  isFloat32(output: NativeOutput): boolean;
  /** What comes in at a place. */
  inputOf(node: Pointer, index: number): NativeOutput;
  /** Where an output goes in: nodes, and the places there. */
  consumersOf(output: NativeOutput): NativeOutput[];
  /** So many of a list of whole numbers. */
  intsOf(node: Pointer, attribute: string, count: number): number[];
  /** A text of at most 16 characters. */
  textOf(node: Pointer, attribute: string): string;
  /** Sizes, -1 for those that are open; undefined where not even their number is known. */
  shapeOf(output: NativeOutput): number[] | undefined;
  /** The nodes that gradients of outputs go back to, their own included: as far as a `StopGradient`. */
  behind(outputs: readonly NativeOutput[]): Set<Pointer>;
}

const LONGEST_TEXT = 16;

/** A reader of the graph at `graph`. */
export function graphReader(graph: Pointer): GraphReader {
  const { c } = library();
  const inputOf = (node: Pointer, index: number): NativeOutput => c.TF_OperationInput({ oper: node, index });
  const typeOf = (node: Pointer): string => c.TF_OperationOpType(node);
  const isStop = (node: Pointer) => typeOf(node) === 'StopGradient';
  return {
    typeOf,
    isFloat32: (output) => c.TF_OperationOutputType(output) === DATA_TYPES.float32,
    inputOf,
    consumersOf(output) {
      const count: number = c.TF_OperationOutputNumConsumers(output);
      const found: NativeOutput[] = Array.from({ length: count }, () => ({ oper: 0n, index: 0 }));
      c.TF_OperationOutputConsumers(output, found, count);
      return found;
    },
    intsOf(node, attribute, count) {
      const values = new BigInt64Array(count);
      withStatus(`read '${attribute}' of a node`, (status) =>
        c.TF_OperationGetAttrIntList(node, attribute, values, count, status),
      );
      return Array.from(values, Number);
    },
    textOf(node, attribute) {
      const bytes = Buffer.alloc(LONGEST_TEXT);
      withStatus(`read '${attribute}' of a node`, (status) =>
        c.TF_OperationGetAttrString(node, attribute, bytes, bytes.length, status),
      );
      return bytes.toString('latin1').replace(/\0+$/, '');
    },
    shapeOf(output) {
      const count: number = withStatus('read the shape of a node', (status) =>
        c.TF_GraphGetTensorNumDims(graph, output, status),
      );
      if (count < 0) return undefined;
      const sizes = new BigInt64Array(count);
      withStatus('read the shape of a node', (status) =>
        c.TF_GraphGetTensorShape(graph, output, sizes, count, status),
      );
      return Array.from(sizes, Number);
    },
    behind(outputs) {
      const seen = new Set(outputs.map(({ oper }) => oper));
      for (const node of seen) {
        const count: number = isStop(node) ? 0 : c.TF_OperationNumInputs(node);
        for (let i = 0; i < count; i++) seen.add(inputOf(node, i).oper);
      }
      return seen;
    },
  };
}
