import sharp from 'sharp';

/** How {@link drawGrid} draws. */
export interface GridOptions {
  /** Side of each picture in pixels. */
  size: number;
  /** Pictures smaller than this are shown enlarged, pixel by pixel. @default 96 */
  smallestSide?: number;
}

const GAP = 4;
/** Behind the first column, which stands apart. */
const WIDE_GAP = 16;
const BACKGROUND = 255;

/**
 * Draws pictures in rows and columns, the first column apart.
 *
 * @param rows uint8 `[size, size, 3]` each; rows of equal length
 * @returns a PNG
 */
export async function drawGrid(
  rows: readonly (readonly Uint8Array[])[],
  { size, smallestSide = 96 }: GridOptions,
): Promise<Buffer> {
  const factor = Math.max(1, Math.ceil(smallestSide / size));
  const side = size * factor;
  const columns = rows[0]?.length ?? 0;
  const left = (column: number) => column * (side + GAP) + (column > 0 ? WIDE_GAP - GAP : 0);
  const width = left(columns) - GAP;
  const height = rows.length * (side + GAP) - GAP;
  const canvas = Buffer.alloc(width * height * 3, BACKGROUND);
  rows.forEach((pictures, row) => {
    pictures.forEach((pixels, column) => {
      for (let y = 0; y < side; y++) {
        const line = ((row * (side + GAP) + y) * width + left(column)) * 3;
        const source = Math.floor(y / factor) * size;
        for (let x = 0; x < side; x++) {
          const from = (source + Math.floor(x / factor)) * 3;
          canvas.set(pixels.subarray(from, from + 3), line + 3 * x);
        }
      }
    });
  });
  return sharp(canvas, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 9 })
    .toBuffer();
}
