import { readDigits } from '../data/tasks/digits.js';
import { softmax } from '../evaluate/index.js';
import type { Logits, Model, Pixels, Preprocessing } from '../model/index.js';
import { trimMemory } from '../tensorflow/index.js';
import { NotOpened, type OpenedModel, type Quantization } from './format.js';

/** How an exported model compared with the one that it was made of. */
export type Verification =
  | {
      verified: true;
      /** What opened it: `TensorFlow 2.21.0`. */
      program: string;
      /** Where these were compared too: how many weights are bit for bit those that were written, all of them. */
      sameWeights?: number;
      images: number;
      /** Of a probability. */
      largestDifference: number;
      /** Share of images of which both name the same class first. */
      agreement: number;
    }
  | { verified: false; why: string };

/** An exported model that gives something else than the model: nothing of it is left behind. */
export class ExportMismatch extends Error {
  override readonly name = 'ExportMismatch';
}

/** How far a probability may be off: in float32 what rounding in another order makes. */
const TOLERANCE = 1e-4;
/** By how much the first class may lead where fewer bits make it another. */
const CLOSE: Readonly<Record<Quantization, number>> = { float16: 0.05, uint16: 0.05, uint8: 0.5 };
/** Images that are compared: fewer of large ones, whose activations take gigabytes. */
const MOST_IMAGES = 4;
const USUAL_SIZE = 224;

export interface VerifyOptions {
  /** Values in 0..255, of the model's own size. @default handwritten digits, enlarged */
  images?: Pixels | undefined;
  quantize?: Quantization | undefined;
  /** It gives logits, not probabilities. */
  logits: boolean;
  /** It takes pixels after this preprocessing. */
  preprocessing: Preprocessing;
  /** What else the program is asked once it has answered, while the model is open. */
  ask?: ((opened: OpenedModel) => Promise<void>) | undefined;
}

/**
 * Opens what was written, and compares what it says about images with what the model says.
 *
 * @param open opens it, in a program of its own where there is one
 * @throws ExportMismatch where they disagree, with the figures
 */
export async function verify(
  open: () => Promise<OpenedModel>,
  model: Model,
  { images = digits(model.imageSize), quantize, logits, preprocessing, ask }: VerifyOptions,
): Promise<Verification> {
  // What writing took: copies of the weights.
  trimMemory();
  let opened: Opened;
  try {
    const pixels = { data: normalized(images, preprocessing), shape: images.shape };
    opened = await run(open, pixels, ask);
  } catch (error) {
    if (error instanceof NotOpened) return { verified: false, why: error.message };
    throw error;
  }
  const { given, ...told } = opened;
  const [count] = images.shape;
  trimMemory();
  // After the other program is gone: TensorFlow with oneDNN keeps what it allocated, which that program would need then.
  const expected = await probabilitiesOf(model, images);
  const classes = given.length / count;
  const found = expected.map((_, i) => {
    const own = given.subarray(i * classes, (i + 1) * classes);
    return logits ? softmax(own) : own;
  });
  return { verified: true, ...told, images: count, ...compared(expected, found, { ...told, quantize }) };
}

/** What the opened model gave. */
interface Opened {
  program: string;
  sameWeights?: number;
  given: Float32Array;
}

/** A function of its own: when it is left, nothing holds the program and its copies of the weights. */
async function run(
  open: () => Promise<OpenedModel>,
  images: { data: Float32Array; shape: readonly [number, number, number, number] },
  ask: VerifyOptions['ask'],
): Promise<Opened> {
  let opened: OpenedModel;
  try {
    opened = await open();
  } catch (error) {
    if (error instanceof NotOpened) throw error;
    throw new ExportMismatch(`The exported model cannot be opened again: ${(error as Error).message}`);
  }
  try {
    const given = await opened.run(images);
    await ask?.(opened);
    const { program, sameWeights } = opened;
    return { program, given, ...(sameWeights !== undefined && { sameWeights }) };
  } finally {
    await opened.close();
  }
}

/** By an engine of its own, which is gone afterwards. */
async function probabilitiesOf(model: Model, images: Pixels): Promise<Float32Array[]> {
  const reference = model.with({});
  try {
    return rows(await reference.logits(images)).map(softmax);
  } finally {
    await reference.dispose();
  }
}

function compared(
  expected: readonly Float32Array[],
  found: readonly Float32Array[],
  { program, quantize }: { program: string; quantize: Quantization | undefined },
): { largestDifference: number; agreement: number } {
  let largestDifference = 0;
  let agreed = 0;
  for (const [i, own] of expected.entries()) {
    const other = found[i]!;
    if (other.length !== own.length)
      throw new ExportMismatch(
        `The exported model gives ${other.length} classes in ${program}, not ${own.length}.`,
      );
    const difference = own.reduce((most, value, k) => Math.max(most, Math.abs(value - other[k]!)), 0);
    const [first, second] = own.toSorted((a, b) => b - a);
    const same = other.indexOf(largest(other)) === own.indexOf(first!);
    const wrong = quantize ? !same && first! - (second ?? 0) > CLOSE[quantize] : !(difference <= TOLERANCE);
    if (wrong || Number.isNaN(difference)) {
      throw new ExportMismatch(
        `The exported model disagrees with its origin in ${program}: a probability differs by ${difference.toPrecision(2)}` +
          `${quantize ? ` in ${quantize}. Take more bits` : `, where rounding makes ${TOLERANCE} at most`}. Nothing was left behind.`,
      );
    }
    largestDifference = Math.max(largestDifference, difference);
    if (same) agreed++;
  }
  return { largestDifference, agreement: agreed / expected.length };
}

const largest = (values: Float32Array) => values.reduce((a, b) => Math.max(a, b));

function rows({ data, shape: [count, classes] }: Logits): Float32Array[] {
  return Array.from({ length: count }, (_, i) => data.slice(i * classes, (i + 1) * classes));
}

/** Pixels as a model takes them whose user does the preprocessing. */
function normalized({ data }: Pixels, { mean, std }: Preprocessing): Float32Array {
  return Float32Array.from(data, (value, i) => (value - mean[i % 3]!) / std[i % 3]!);
}

/** Digits of the task of that name, each pixel repeated until they fill the square. */
function digits(size: number): Pixels {
  const { source } = readDigits();
  if (source.kind !== 'array') throw new Error('The digits are no array.');
  const { width, height, pixels } = source;
  const count = Math.max(1, Math.min(MOST_IMAGES, Math.round(MOST_IMAGES * (USUAL_SIZE / size) ** 2)));
  const data = new Uint8Array(count * size * size * 3);
  for (let i = 0, at = 0; i < count; i++)
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++) {
        const row = Math.floor((y * height) / size);
        const column = Math.floor((x * width) / size);
        const from = ((i * height + row) * width + column) * 3;
        data[at++] = pixels[from]!;
        data[at++] = pixels[from + 1]!;
        data[at++] = pixels[from + 2]!;
      }
  return { data, shape: [count, size, size, 3] };
}
