import sharp from 'sharp';
import { escaped } from './escaped.js';

/** One picture of a sheet. */
export interface Cell {
  /** A square PNG of the sheet's `side`; without one it says that it cannot be read. */
  picture?: Buffer | undefined;
  /** What stands below it. */
  caption: string;
  /** A second line, for what is special about it. */
  note?: string;
  /** A third line, where the sheet has three. */
  detail?: string;
}

/** How {@link drawSheet} draws. */
export interface SheetOptions {
  /** What stands above; without it the pictures begin at the top. */
  title?: string;
  /** A second, smaller line of the title. */
  subtitle?: string;
  columns: number;
  /** Side of the pictures in pixels. */
  side: number;
  /** Lines below a picture. @default 2 */
  lines?: 2 | 3;
  /** Of the first and the second line. @default bright and pale */
  colors?: readonly [caption: string, note: string];
  /** 256 colours, dithered, for a third of the bytes. @default false */
  light?: boolean;
}

const PADDING = 20;
const GAP = 14;
const HEAD = 56;
const LINE = 14;
/** Below the lines of a picture. */
const MARGIN = 6;
const BACKGROUND = '#12151a';
const TILE = '#1e232b';
const BRIGHT = '#f0f2f5';
const PALE = '#aab4c2';
/** Width of a character by its font size, on average: captions are shortened by it, and clipped in any case. */
const CHARACTER = 0.63;
const FONT = "font-family='Inter, Helvetica Neue, Helvetica, Arial, DejaVu Sans, sans-serif'";

/** The size of a sheet of so many pictures, in pixels. */
export function sheetSize(
  cells: number,
  { title, columns, side, lines = 2 }: SheetOptions,
): { width: number; height: number } {
  const caption = lines * LINE + MARGIN;
  const rows = Math.ceil(cells / columns);
  return {
    width: 2 * PADDING + columns * side + (columns - 1) * GAP,
    height: 2 * PADDING + (title === undefined ? 0 : HEAD) + rows * (side + caption) + (rows - 1) * GAP,
  };
}

/**
 * Draws pictures in rows, each with its name: dark, so that it looks the same on light pages and dark ones.
 *
 * @returns a PNG
 */
export async function drawSheet(cells: readonly Cell[], options: SheetOptions): Promise<Buffer> {
  const { title, subtitle, columns, side, lines = 2, colors = [BRIGHT, PALE], light = false } = options;
  const below = lines * LINE + MARGIN;
  const { width, height } = sheetSize(cells.length, options);
  const top = PADDING + (title === undefined ? 0 : HEAD);
  const places = cells.map((cell, i) => ({
    ...cell,
    left: PADDING + (i % columns) * (side + GAP),
    top: top + Math.floor(i / columns) * (side + below + GAP),
  }));
  const head =
    title === undefined
      ? ''
      : clipped({ x: PADDING, y: PADDING, width: width - 2 * PADDING, height: HEAD }, [
          text(shortened(title, width - 2 * PADDING, 20), { y: 20, size: 20, fill: BRIGHT, bold: true }),
          text(shortened(subtitle ?? '', width - 2 * PADDING, 13), { y: 41, size: 13, fill: PALE }),
        ]);
  const captions = places.map(({ left, top, caption, note = '', detail = '', picture }) =>
    [
      picture ? '' : missing(left, top, side),
      clipped({ x: left, y: top + side, width: side, height: below }, [
        text(shortened(caption, side, 11), { y: 15, size: 11, fill: colors[0] }),
        text(shortened(note, side, 11), { y: 29, size: 11, fill: colors[1] }),
        text(shortened(detail, side, 11), { y: 43, size: 11, fill: PALE }),
      ]),
    ].join(''),
  );
  const svg = `<svg xmlns='http://www.w3.org/2000/svg' width='${width}' height='${height}'>${head}${captions.join('')}</svg>`;
  return sharp({ create: { width, height, channels: 3, background: BACKGROUND } })
    .composite([
      ...places.flatMap(({ picture, left, top }) => (picture ? [{ input: picture, left, top }] : [])),
      { input: Buffer.from(svg), left: 0, top: 0 },
    ])
    .removeAlpha()
    .png(light ? { palette: true, quality: 95, effort: 4 } : { compressionLevel: 9 })
    .toBuffer();
}

/** A text that fits, shortened in its middle: file names tell most at their ends. */
export function shortened(value: string, width: number, size: number): string {
  const most = Math.floor(width / (CHARACTER * size));
  // A code point each, so that none is cut in two.
  const characters = [...value];
  if (characters.length <= most) return value;
  const end = Math.floor((most - 1) / 2);
  return `${characters.slice(0, most - 1 - end).join('')}…${characters.slice(characters.length - end).join('')}`;
}

const text = (
  value: string,
  { y, size, fill, bold = false }: { y: number; size: number; fill: string; bold?: boolean },
): string =>
  `<text x='0' y='${y}' font-size='${size}' fill='${fill}' ${bold ? "font-weight='600' " : ''}${FONT}>${escaped(value)}</text>`;

const clipped = (
  { x, y, width, height }: { x: number; y: number; width: number; height: number },
  content: readonly string[],
): string =>
  `<svg x='${x}' y='${y}' width='${width}' height='${height}' overflow='hidden'>${content.join('')}</svg>`;

const missing = (left: number, top: number, side: number): string =>
  `<rect x='${left}' y='${top}' width='${side}' height='${side}' fill='${TILE}'/>` +
  `<text x='${left + side / 2}' y='${top + side / 2 + 4}' font-size='12' fill='${PALE}' text-anchor='middle' ${FONT}>not shown</text>`;
