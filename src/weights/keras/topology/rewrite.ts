import type { LayerConfig } from '../../../../models/topology.js';
import { type Argument, isReference, type LayerNode } from './model-tree.js';

/** Layers that change images in training alone, in one way or another at random. */
const AUGMENTATION =
  /^(Random(Flip|Rotation|Zoom|Contrast|Translation|Brightness|Height|Width|Hue|Saturation|Sharpness|Shear|Grayscale|ColorJitter|ColorDegeneration|Erasing|GaussianBlur|Invert|Perspective|Posterization|ElasticTransform)|RandAugment|AugMix|CutMix|MixUp|Identity)$/;

/** True for a layer that hands on its input: augmentation, which a recipe says, not a model. */
export function isDropped({ className }: LayerNode): boolean {
  return AUGMENTATION.test(className);
}

type Operation = 'add' | 'subtract' | 'multiply' | 'divide';

/** Arithmetic on tensors: operations of Keras 3, and of TensorFlow as Keras 2 wraps them. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  Add: 'add',
  Subtract: 'subtract',
  Multiply: 'multiply',
  TrueDivide: 'divide',
  Divide: 'divide',
  'math.add': 'add',
  '__operators__.add': 'add',
  'math.subtract': 'subtract',
  'math.multiply': 'multiply',
  'math.truediv': 'divide',
  'math.divide': 'divide',
};

/** Layers of Keras that take two tensors, by operation. */
const MERGING: Readonly<Partial<Record<Operation, string>>> = {
  add: 'Add',
  subtract: 'Subtract',
  multiply: 'Multiply',
};

/**
 * A layer as the project knows it: arithmetic with a number becomes a Rescaling, `scale x + offset`, and arithmetic of
 * two tensors the layer of that name; any other layer stays as it is.
 */
export function rewritten(
  layer: LayerNode,
  args: readonly Argument[],
): Omit<LayerConfig, 'inbound_nodes' | 'name'> {
  const { className, config } = layer;
  const operation = OPERATIONS[className === 'TFOpLambda' ? String(config.function) : className];
  const same = { class_name: className, config };
  if (operation === undefined || args.length !== 2) return same;
  const [a, b] = args as [Argument, Argument];
  if (isReference(a) && isReference(b)) {
    const merging = MERGING[operation];
    return merging === undefined ? same : { class_name: merging, config: { name: config.name } };
  }
  const affine = affineOf(operation, a, b);
  return affine
    ? { class_name: 'Rescaling', config: { name: config.name, dtype: 'float32', ...affine } }
    : same;
}

/** `a op b`, one of them a number, as `scale x + offset`; undefined where it is none, such as 1 / x. */
function affineOf(
  operation: Operation,
  a: Argument,
  b: Argument,
): { scale: number; offset: number } | undefined {
  const number = [a, b].find((argument) => !isReference(argument)) as number | undefined;
  if (number === undefined) return undefined;
  if (operation === 'add') return { scale: 1, offset: number };
  if (operation === 'multiply') return { scale: number, offset: 0 };
  if (operation === 'subtract')
    return isReference(a) ? { scale: 1, offset: -number } : { scale: -1, offset: number };
  return isReference(a) ? { scale: 1 / number, offset: 0 } : undefined;
}
