import type { Output } from './fragment.js';
import type { Graph } from './graph.js';
import { library, type NativeOutput } from './library.js';
import { withStatus } from './status.js';

/**
 * Adds the product of a gradient with the Jacobian of `y`: given dL/dy, the dL/dx of each x, as far as x acts on L
 * through y. So gradients are carried on from piece to piece of a computation.
 *
 * @param y the output that the piece gives
 * @param dy its gradient, of its shape
 * @param prefix put before the names of the new nodes
 * @returns for each x the output that holds its gradient
 * @throws TensorFlowError as {@link Graph.gradients}
 */
export function vectorJacobian(
  graph: Graph,
  { y, dy, xs, prefix }: { y: Output; dy: Output; xs: readonly Output[]; prefix: string },
): Output[] {
  const { c } = library();
  const inputs = xs.map((x) => graph.resolve(x));
  const found: (NativeOutput | null)[] = xs.map(() => ({ oper: 0n, index: 0 }));
  const [ys, dys] = [[graph.resolve(y)], [graph.resolve(dy)]];
  withStatus('add gradients', (status) =>
    c.TF_AddGradientsWithPrefix(
      graph.pointer,
      prefix,
      ys,
      ys.length,
      inputs,
      inputs.length,
      dys,
      status,
      found,
    ),
  );
  return found.map((output, i) => {
    if (!output?.oper) throw new Error(`No gradient reaches '${xs[i]}'.`);
    const name: string = c.TF_OperationName(output.oper);
    return output.index === 0 ? name : `${name}:${output.index}`;
  });
}
