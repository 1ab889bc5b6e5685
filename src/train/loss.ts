import { attr, Fragment } from '../tensorflow/index.js';

/** Names of the loss fragment's nodes. */
export const LOSS = { logits: 'logits', targets: 'targets', loss: 'loss' } as const;

/** Mean softmax cross-entropy of logits and target distributions, both float32 `[batch, classes]`. */
export function lossFragment(): Fragment {
  const f = new Fragment();
  f.input(LOSS.logits);
  f.input(LOSS.targets);
  const each = f.math('SoftmaxCrossEntropyWithLogits', [LOSS.logits, LOSS.targets]);
  f.reduce('Mean', each, [0], { name: LOSS.loss });
  return f;
}

/**
 * Target distributions with label smoothing, arXiv 1512.00567: 1 - smoothing + smoothing / classes for the
 * right class, smoothing / classes for the others.
 *
 * @param labels int32 `[batch]`
 * @returns float32 `[batch, classes]`
 */
export function smoothTargets(
  f: Fragment,
  labels: string,
  { classes, smoothing }: { classes: number; smoothing: number },
): string {
  const off = smoothing / classes;
  return f.op(
    'OneHot',
    [labels, f.constant(Int32Array.of(classes), []), f.scalar(1 - smoothing + off), f.scalar(off)],
    {
      T: attr.type('float32'),
      TI: attr.type('int32'),
      axis: attr.int(-1),
    },
  );
}
