/**
 * The largest absolute value of each channel of a kernel, channels being last (of a depthwise kernel
 * `[height, width, in, multiplier]` the last two together); 1 for a channel of zeros.
 *
 * @param channels their number
 */
export function channelRanges(kernel: Float32Array, channels: number): Float32Array {
  const ranges = new Float32Array(channels);
  for (let at = 0; at < kernel.length; at += channels)
    for (let i = 0; i < channels; i++) ranges[i] = Math.max(ranges[i]!, Math.abs(kernel[at + i]!));
  return ranges.map((range) => range || 1);
}

/** A kernel with each channel times a factor of its own, computed in double precision. */
export function scaleChannels(
  kernel: Float32Array,
  factors: { readonly length: number; readonly [channel: number]: number },
): Float32Array {
  const scaled = new Float32Array(kernel.length);
  const { length } = factors;
  for (let at = 0; at < kernel.length; at += length)
    for (let i = 0; i < length; i++) scaled[at + i] = kernel[at + i]! * factors[i]!;
  return scaled;
}
