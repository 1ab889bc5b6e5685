import { softmax } from '../evaluate/index.js';
import type { Model, Pixels, WeightMap, WeightTensor } from '../model/index.js';
import { importFile } from '../weights/base/file.js';
import { toFloat16 } from '../weights/to-float16.js';
import { toFloat32 } from '../weights/to-float32.js';
import type { OpenedModel, Quantization } from './format.js';
import { endsInSoftmax } from './probabilities.js';

/** What a file was written from. */
export interface Expected {
  /** By the names that the reader gives them. */
  weights: WeightMap;
  labels: readonly string[];
  quantize?: Quantization | undefined;
  /** It gives logits, whatever the network ends in that the reader builds. @default false */
  logits?: boolean;
}

/** No other program: a file that reader and writer misunderstand alike is not found. */
const PROGRAM = 'sam-finetune (its own reader)';

/**
 * Reads a file again where no other program does in this process. That finds what was cut off or put under another name: labels
 * are compared, and every weight bit for bit.
 *
 * @throws Error that names what is not as it was written
 */
export async function openWithOwnReader(file: string, expected: Expected): Promise<OpenedModel> {
  const model = await readAgain(file, expected);
  return {
    program: PROGRAM,
    sameWeights: model.weights.size,
    async run({ data, shape }: Pixels & { data: Float32Array }) {
      const logits = await model.logits({ data, shape }, { preprocess: false });
      if (expected.logits || !endsInSoftmax(model.topology)) return logits.data;
      const [, classes] = logits.shape;
      for (let at = 0; at < logits.data.length; at += classes)
        logits.data.set(softmax(logits.data.subarray(at, at + classes)), at);
      return logits.data;
    },
    close: () => model.dispose(),
  };
}

async function readAgain(file: string, { weights, labels, quantize }: Expected): Promise<Model> {
  const read = await importFile(file, { onProgress: () => {} });
  if (read.labels.join('\n') !== labels.join('\n'))
    throw new Error(`it has the labels ${read.labels.slice(0, 5).join(', ')}, ...: other ones were written`);
  const differing = [...weights.keys(), ...read.weights.keys()].find(
    (name) => !isSame(read.weights.get(name), weights.get(name), quantize),
  );
  if (differing !== undefined) throw new Error(`its weight '${differing}' is not the one that was written`);
  // Equal values are in memory already: what was read can go before it runs.
  return quantize ? read : read.with({ weights });
}

function isSame(
  read: WeightTensor | undefined,
  written: WeightTensor | undefined,
  quantize: Quantization | undefined,
): boolean {
  if (!read || !written || read.shape.join() !== written.shape.join()) return false;
  const [a, b] = [toFloat32(read), toFloat32(written)];
  return quantize === 'float16'
    ? bytesOf(toFloat16(a)).equals(bytesOf(toFloat16(b)))
    : bytesOf(a).equals(bytesOf(b));
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Uint16Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);
