/** How files of a format begin. */
interface Signature {
  format: ImageFormat;
  /** Where in the file. */
  at: number;
  bytes: readonly number[];
}

/** Formats of images that are read. */
export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'avif' | 'gif' | 'tiff';

const text = (characters: string): number[] => [...Buffer.from(characters, 'latin1')];

const SIGNATURES: readonly Signature[] = [
  { format: 'jpeg', at: 0, bytes: [0xff, 0xd8, 0xff] },
  { format: 'png', at: 0, bytes: [0x89, ...text('PNG\r\n'), 0x1a, 0x0a] },
  { format: 'webp', at: 8, bytes: text('WEBP') },
  { format: 'gif', at: 0, bytes: text('GIF8') },
  { format: 'tiff', at: 0, bytes: [...text('II*'), 0] },
  { format: 'tiff', at: 0, bytes: [...text('MM'), 0, ...text('*')] },
  { format: 'tiff', at: 0, bytes: [...text('II+'), 0] },
  { format: 'tiff', at: 0, bytes: [...text('MM'), 0, ...text('+')] },
  // ISO base media with a brand of AVIF; sharp says what it cannot read of its relatives.
  { format: 'avif', at: 4, bytes: text('ftyp') },
];

/**
 * The format of an image by its first bytes, whatever it is called. What libvips would read besides is left out on purpose:
 * an SVG or a PDF is a program for drawing, and none that people mean when they collect photographs.
 */
export function formatOf(content: Uint8Array): ImageFormat | undefined {
  return SIGNATURES.find(({ at, bytes }) => bytes.every((byte, i) => content[at + i] === byte))?.format;
}

/** What is wrong with content that has no known format, in words. */
export function strangeness(content: Uint8Array): string {
  if (content.length === 0) return 'it is empty';
  const start = Buffer.from(content.subarray(0, 24))
    .toString('latin1')
    .replace(/[^ -~]+/g, '.');
  return `it is no JPEG, PNG, WebP, AVIF, GIF or TIFF: it begins with '${start}'`;
}
