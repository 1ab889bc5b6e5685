import { QUICK_WIDTH, type Side, type Window } from './filter-gradient.js';
import { type GraphReader, graphReader } from './graph-reader.js';
import type { NativeOutput, Pointer } from './library.js';
import { lacksAvx512, usesOnednn } from './processor.js';
import { sameBorder } from './same-border.js';

/** A depthwise convolution whose filter has a gradient of our own. */
export interface Filter extends Window {
  /** Its images. */
  input: NativeOutput;
  /** What it gives. */
  output: NativeOutput;
}

/**
 * Those of `xs` that TensorFlow takes long to find the gradient of, and where they are used: filters of depthwise convolutions.
 * With oneDNN those that are larger than their images take 9 to 50 times as long as by `filterGradients`, and without AVX-512 those
 * that are wider than three pixels 1.2 to 3.3 times: at 64 px a third of a training step of EfficientNet-Lite0.
 *
 * @returns by the place of the x
 */
export function slowFilters(
  graph: Pointer,
  ys: readonly NativeOutput[],
  xs: readonly NativeOutput[],
): Map<number, Filter> {
  const found = new Map<number, Filter>();
  if (!usesOnednn()) return found;
  const reader = graphReader(graph);
  const isFilter = ({ oper, index }: NativeOutput) =>
    index === 1 && reader.typeOf(oper) === 'DepthwiseConv2dNative';
  let behind: Set<Pointer> | undefined;
  for (const [i, x] of xs.entries()) {
    let uses = reader.consumersOf(x);
    if (!uses.some(isFilter)) continue;
    if (uses.length > 1) {
      // Other passes use the weight too; what these give is not asked for.
      behind ??= reader.behind(ys);
      uses = uses.filter(({ oper }) => behind!.has(oper));
    }
    const [use, ...others] = uses;
    if (use === undefined || others.length > 0 || !isFilter(use)) continue;
    const filter = read(reader, use.oper);
    if (filter && isSlow(filter)) found.set(i, filter);
  }
  return found;
}

function read(reader: GraphReader, node: Pointer): Filter | undefined {
  const [input, filter, output] = [
    reader.inputOf(node, 0),
    reader.inputOf(node, 1),
    { oper: node, index: 0 },
  ];
  const [images, taps, results] = [input, filter, output].map((each) => reader.shapeOf(each));
  const known = [images?.slice(1), taps, results?.slice(1)].flat();
  const padding = reader.textOf(node, 'padding');
  const isPlain =
    reader.isFloat32(output) &&
    known.length === 10 &&
    known.every((size) => size! > 0) &&
    taps![3] === 1 &&
    ['SAME', 'VALID'].includes(padding) &&
    reader.textOf(node, 'data_format') === 'NHWC' &&
    reader.intsOf(node, 'dilations', 4).every((rate) => rate === 1);
  if (!isPlain) return undefined;
  // A filter that has one place does not move.
  const isStill = results![1] === 1 && results![2] === 1;
  const strides = reader.intsOf(node, 'strides', 4);
  const side = (axis: 0 | 1): Side => {
    const [size, extent, stride] = [images![1 + axis]!, taps![axis]!, strides[1 + axis]!];
    const before = padding === 'SAME' ? sameBorder(size, { extent, stride })[0] : 0;
    return { size, places: results![1 + axis]!, taps: extent, stride: isStill ? 1 : stride, before };
  };
  return { input, output, rows: side(0), columns: side(1), channels: images![3]! };
}

/**
 * Whether oneDNN does without its routine for depthwise convolutions (`jit_uni_dw_conv_bwd_weights_kernel_t::init_conf` says when),
 * and what it takes instead is slower than ours. Between the wide filters that move by more than a pixel there is no difference.
 */
function isSlow({ rows, columns }: Filter): boolean {
  const { size, taps, stride, before, places } = rows;
  const behind = Math.max(0, (places - 1) * stride + taps - before - size);
  const isSmall = size < taps + ((stride - (before % stride)) % stride);
  const isOdd = [before, behind].some((zeros) => zeros > taps / 2 || (zeros > 1 && zeros % stride !== 0));
  if (columns.taps <= QUICK_WIDTH) return isSmall || isOdd || stride > columns.taps;
  return isSmall || (stride === 1 && lacksAvx512());
}
