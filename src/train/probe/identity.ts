import { createHash } from 'node:crypto';
import type { Dataset } from '../../data/dataset.js';
import type { Model } from '../../model/index.js';

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** SHA-256 of what a network computes: topology, weights, and what happens to pixels before it. */
export function digestOfModel({ topology, imageSize, preprocessing, seed, weights }: Model): string {
  const hash = createHash('sha256');
  // Weights that it lacks are drawn from its seed.
  hash.update(JSON.stringify([topology, imageSize, preprocessing, seed]));
  for (const [name, { dtype, shape, data }] of [...weights].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(JSON.stringify([name, dtype, shape])).update(bytesOf(data));
  }
  return hash.digest('hex');
}

/** SHA-256 of the images of a data set, whatever their labels. Encoded ones count by name, size and time of their file's last change. */
export function digestOfImages({ length, source }: Dataset): string {
  const hash = createHash('sha256').update(`${length} ${source.kind}\n`);
  if (source.kind === 'encoded') {
    for (let row = 0; row < length; row++) hash.update(JSON.stringify(source.images.stampOf(row)));
  } else {
    hash.update(`${source.height} ${source.width}\n`);
    hash.update(bytesOf(source.kind === 'array' ? source.pixels : source.values));
  }
  return hash.digest('hex');
}
