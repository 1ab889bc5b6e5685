import { InputError } from '../../errors.js';
import { STRING } from './element-types.js';
import type { Signature, SignatureTensor } from './meta-graph.js';

/** Signatures of classifiers, best first: of `tf.saved_model`, of TF Hub, of Keras 3. */
const PREFERRED = ['serving_default', 'image_classification', 'default', 'serve'];

/**
 * The signature of a SavedModel that takes images and gives numbers.
 *
 * @throws InputError where there is none; it lists what there is
 */
export function imageSignature(path: string, signatures: readonly Signature[]): Signature {
  const usable = signatures.filter(
    ({ inputs, outputs }) => inputs.some(isImages) && outputs.some(({ dtype }) => dtype !== STRING),
  );
  const [first] = usable;
  const preferred = PREFERRED.map((name) => usable.find((candidate) => candidate.name === name)).find(
    Boolean,
  );
  if (first !== undefined) return preferred ?? first;
  const known = signatures.map(({ name, inputs, outputs }) => `${name}(${keys(inputs)}) -> ${keys(outputs)}`);
  throw new InputError(
    `${path} has no signature that takes images, [batch, height, width, 3], and gives one value a class. ` +
      `It has: ${known.join('; ') || 'none'}. Save the model with a signature for that.`,
  );
}

/** Four dimensions, colours last; or none that the file tells. */
function isImages({ dtype, shape }: SignatureTensor): boolean {
  const [, , , channels = -1] = shape ?? [];
  return dtype !== STRING && (shape === undefined || (shape.length === 4 && [3, -1].includes(channels)));
}

function keys(tensors: readonly SignatureTensor[]): string {
  return tensors.map(({ key, shape }) => `${key}${shape ? ` [${shape}]` : ''}`).join(', ');
}
