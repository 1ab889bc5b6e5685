/** The multiple of 8 that is nearest to a number of channels, and 8 at least. */
export function nearestMultipleOf8(channels: number): number {
  return Math.max(8, Math.floor((channels + 4) / 8) * 8);
}

/**
 * As {@link nearestMultipleOf8}, but the next one where that is more than 10 % below: the rule of EfficientNet
 * and the MobileNets.
 */
export function multipleOf8(channels: number): number {
  const rounded = nearestMultipleOf8(channels);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}
