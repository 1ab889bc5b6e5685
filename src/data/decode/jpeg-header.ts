/** What a JPEG's header says. */
export interface JpegHeader {
  width: number;
  height: number;
  /** 1: grayscale, 3: colour, 4: CMYK. */
  components: number;
  /** Sequential, Huffman-coded, 8 bits: what any decoder takes, row by row. */
  baseline: boolean;
  /** EXIF's orientation, 1 to 8; 1: as it is. */
  orientation: number;
  /** Whether it has a colour profile other than sRGB. */
  profiled: boolean;
}

const MARKER = 0xff;
const START_OF_IMAGE = 0xd8;
const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;
const APP1 = 0xe1;
const APP2 = 0xe2;
const BITS = 8;
/** Start of frame: C0 to CF without C4 (Huffman tables), C8 (reserved) and CC (arithmetic conditioning). */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
const EXIF = 'Exif\0\0';
const ICC = 'ICC_PROFILE\0';
const ORIENTATION = 0x0112;
/** Where the text of a profile's description may lie: at its start. */
const PROFILE_START = 4096;

/**
 * Reads the header of a JPEG (ITU-T T.81, annex B): from its start up to the first scan.
 *
 * @returns undefined for what is no JPEG, or one that ends before its first scan
 */
export function readJpegHeader(content: Uint8Array): JpegHeader | undefined {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  if (bytes.length < 4 || bytes[0] !== MARKER || bytes[1] !== START_OF_IMAGE) return undefined;
  let frame: Pick<JpegHeader, 'width' | 'height' | 'components' | 'baseline'> | undefined;
  let orientation = 1;
  let profiled = false;
  for (let at = 2; at + 4 <= bytes.length; ) {
    if (bytes[at] !== MARKER) return undefined;
    const marker = bytes[at + 1]!;
    // Fill bytes before a marker.
    if (marker === MARKER) {
      at++;
      continue;
    }
    if (marker === START_OF_SCAN) return frame && { ...frame, orientation, profiled };
    if (marker === END_OF_IMAGE) return undefined;
    const length = bytes.readUInt16BE(at + 2);
    const segment = bytes.subarray(at + 4, at + 2 + length);
    if (length < 2 || at + 2 + length > bytes.length) return undefined;
    if (isFrame(marker)) {
      if (segment.length < 6) return undefined;
      frame = {
        height: segment.readUInt16BE(1),
        width: segment.readUInt16BE(3),
        components: segment[5]!,
        baseline: marker <= 0xc1 && segment[0] === BITS,
      };
    } else if (marker === APP1 && startsWith(segment, EXIF))
      orientation = orientationIn(segment.subarray(EXIF.length));
    else if (marker === APP2 && startsWith(segment, ICC)) profiled ||= !isSrgb(segment);
    at += 2 + length;
  }
  return undefined;
}

const startsWith = (bytes: Buffer, text: string): boolean =>
  bytes.length >= text.length && bytes.toString('latin1', 0, text.length) === text;

/** Profiles of sRGB call themselves so, in one byte or two a character. */
function isSrgb(segment: Buffer): boolean {
  const text = segment.toString('latin1', 0, PROFILE_START).replaceAll('\0', '');
  return text.includes('sRGB');
}

/** The orientation in a TIFF header and its first directory; 1 where there is none that makes sense. */
function orientationIn(tiff: Buffer): number {
  if (tiff.length < 8) return 1;
  const little = tiff.toString('latin1', 0, 2) === 'II';
  const uint16 = (at: number) => (little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const directory = little ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  if (directory + 2 > tiff.length) return 1;
  const entries = uint16(directory);
  for (let i = 0; i < entries; i++) {
    const at = directory + 2 + 12 * i;
    if (at + 12 > tiff.length) return 1;
    if (uint16(at) !== ORIENTATION) continue;
    const value = uint16(at + 8);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}
