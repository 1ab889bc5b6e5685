/**
 * sharp in a tight loop, as a program of the benchmark: nothing but the calls that the pipeline's decoder ends up with,
 * the sizes of the photographs known beforehand, the pixels left where sharp put them.
 *
 *     node sharp-loop.js IN_FLIGHT JOB    # JSON: see job.ts
 */
import sharp from 'sharp';
import { type Box, cropOf } from '../../src/data/decode/index.js';
import { filesOf, type Job } from './job.js';
import { serveRounds } from './rounds.js';

const [inFlight, text] = process.argv.slice(2);
const job: Job = JSON.parse(text!);
const { repeats, imageSize } = job;
const files = filesOf(job);
const STRETCHED = { fit: 'fill', kernel: 'cubic' } as const;

sharp.concurrency(1);
sharp.cache(false);
const { width, height } = await sharp(files[0]!).metadata();

/** A part that is much larger than the result comes out of a photograph that is reduced while it is decoded. */
function decode(file: string, box: Box): Promise<Buffer> {
  const image = sharp(file);
  if (Math.min(box.width, box.height) < 2 * imageSize) {
    return image.extract(box).resize(imageSize, imageSize, STRETCHED).raw().toBuffer();
  }
  const [across, down] = [imageSize / box.width, imageSize / box.height];
  const [fullWidth, fullHeight] = [Math.round(width * across), Math.round(height * down)];
  const left = Math.min(Math.round(box.left * across), fullWidth - imageSize);
  const top = Math.min(Math.round(box.top * down), fullHeight - imageSize);
  return image
    .resize(fullWidth, fullHeight, STRETCHED)
    .extract({ left, top, width: imageSize, height: imageSize })
    .raw()
    .toBuffer();
}

async function pass(epoch: number): Promise<number> {
  const images = files.length * repeats;
  let next = 0;
  const worker = async () => {
    while (next < images) {
      const row = next++;
      await decode(files[row % files.length]!, cropOf(row, { seed: 0, epoch })(width, height));
    }
  };
  await Promise.all(Array.from({ length: Number(inFlight) }, worker));
  return images;
}

const { sharp: version, vips, mozjpeg } = sharp.versions;
await serveRounds(`sharp ${version}, libvips ${vips}, mozjpeg ${mozjpeg}`, pass);
