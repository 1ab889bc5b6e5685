import type { Preprocessing } from '../model/index.js';

/** What a model takes, in words; one value where the channels agree: `RGB, (values of 0..255 - 127) / 128`. */
export function takes({ mean, std }: Preprocessing): string {
  const short = (values: readonly number[]) =>
    new Set(values).size === 1
      ? String(values[0])
      : `[${values.map((value) => Number(value.toFixed(4))).join(', ')}]`;
  const isPlain = mean.every((value) => value === 0) && std.every((value) => value === 1);
  return `RGB, ${isPlain ? 'values of 0..255' : `(values of 0..255 - ${short(mean)}) / ${short(std)}`}`;
}
