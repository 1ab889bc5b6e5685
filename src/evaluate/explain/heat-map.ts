import type { Picture } from '../../sheet/index.js';

/** Heat of an image: values of 0 or more, `[height, width]`, row-major. */
export interface Heat {
  data: Float32Array;
  height: number;
  width: number;
}

/** How much of a picture the hottest place covers. */
const MOST_COVER = 0.7;
/** How bright that of a picture is which the network did not see. */
const UNSEEN = 0.3;

type Color = readonly [red: number, green: number, blue: number];

/** From cold to hot, evenly spaced: the colours of `inferno`, whose brightness grows evenly. */
const COLORS: readonly Color[] = [
  [0, 0, 4],
  [66, 10, 104],
  [147, 38, 103],
  [221, 81, 58],
  [252, 165, 10],
  [252, 255, 164],
];

/** The colour of heat from 0 to 1. */
export function colorOf(heat: number): Color {
  const place = Math.min(1, Math.max(0, heat)) * (COLORS.length - 1);
  const below = Math.min(COLORS.length - 2, Math.floor(place));
  const [from, to] = [COLORS[below]!, COLORS[below + 1]!];
  const mix = (k: 0 | 1 | 2) => from[k] + (to[k] - from[k]) * (place - below);
  return [mix(0), mix(1), mix(2)];
}

/**
 * The heat at a place between the centres of its cells, bilinear; at the edges that of the nearest cell.
 *
 * @param x from 0, the left edge, to 1, the right one
 * @param y from 0, the upper edge, to 1, the lower one
 */
export function heatAt({ data, height, width }: Heat, x: number, y: number): number {
  const clamp = (value: number, most: number) => Math.min(most, Math.max(0, value));
  const [column, row] = [clamp(x * width - 0.5, width - 1), clamp(y * height - 0.5, height - 1)];
  const [left, top] = [Math.floor(column), Math.floor(row)];
  const [right, bottom] = [Math.min(left + 1, width - 1), Math.min(top + 1, height - 1)];
  const [across, down] = [column - left, row - top];
  const at = (r: number, c: number) => data[r * width + c]!;
  const upper = at(top, left) * (1 - across) + at(top, right) * across;
  const lower = at(bottom, left) * (1 - across) + at(bottom, right) * across;
  return upper * (1 - down) + lower * down;
}

/**
 * Lays heat over a picture: over the square in its middle that the network saw; what is beside it becomes dark. The
 * hottest place has the hottest colour; where nothing is hot, the picture stays.
 *
 * @returns the same size, RGB
 */
export function laidOver({ data, width, height }: Picture, heat: Heat): Buffer {
  const side = Math.min(width, height);
  const [left, top] = [Math.round((width - side) / 2), Math.round((height - side) / 2)];
  const hottest = heat.data.reduce((most, value) => Math.max(most, value), 0);
  const result = Buffer.alloc(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3;
      const isSeen = x >= left && x < left + side && y >= top && y < top + side;
      const value =
        isSeen && hottest > 0 ? heatAt(heat, (x - left + 0.5) / side, (y - top + 0.5) / side) / hottest : 0;
      const color = colorOf(value);
      const cover = MOST_COVER * value;
      for (const k of [0, 1, 2] as const) {
        const own = data[at + k]! * (isSeen ? 1 : UNSEEN);
        result[at + k] = Math.round(own * (1 - cover) + color[k] * cover);
      }
    }
  }
  return result;
}
