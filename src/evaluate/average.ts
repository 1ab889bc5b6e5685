import { Tensor } from '../tensorflow/index.js';
import { logSumExp } from './metrics.js';
import { type TestView, viewOf } from './views.js';

/** Gives logits, float32 `[batch, classes]`, for uint8 images; the receiver owns them. */
export type LogitsOf = (images: Tensor) => Promise<Tensor<'float32'>>;

/**
 * What looks at several views of each image: the probabilities of all views are averaged, as in AlexNet and GoogLeNet
 * (arXiv 1409.4842, section 7), not the logits: a view that the network makes nothing of then weighs less.
 *
 * @param views one or more; of a single one the logits come back as they are
 * @returns gives the logarithms of the averaged probabilities, whose softmax is these probabilities
 */
export function averaged(logitsOf: LogitsOf, views: readonly TestView[]): LogitsOf {
  return async (images) => {
    const all: Tensor<'float32'>[] = [];
    try {
      for (const view of views) all.push(await ofView(logitsOf, images, view));
      return views.length === 1 ? all.pop()! : logMeanProbabilities(all);
    } finally {
      for (const logits of all) logits.dispose();
    }
  };
}

async function ofView(logitsOf: LogitsOf, images: Tensor, view: TestView): Promise<Tensor<'float32'>> {
  if (!view.place && !view.mirrored) return logitsOf(images);
  const seen = viewOf(images, view);
  try {
    return await logitsOf(seen);
  } finally {
    seen.dispose();
  }
}

/** log(mean over v of softmax(logits_v)), on logarithms, so that small probabilities keep their digits. */
function logMeanProbabilities(all: readonly Tensor<'float32'>[]): Tensor<'float32'> {
  const [batch, classes] = all[0]!.shape as [number, number];
  const result = Tensor.allocate('float32', [batch, classes]);
  for (let i = 0; i < batch; i++) {
    const rows = all.map(({ data }) => data.subarray(i * classes, (i + 1) * classes));
    const normalizers = rows.map(logSumExp);
    for (let k = 0; k < classes; k++) {
      const logarithms = rows.map((row, v) => row[k]! - normalizers[v]!);
      const largest = Math.max(...logarithms);
      const sum = logarithms.reduce((total, value) => total + Math.exp(value - largest), 0);
      result.data[i * classes + k] = largest + Math.log(sum / rows.length);
    }
  }
  return result;
}
