import { attr, type Fragment } from '../tensorflow/index.js';

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
