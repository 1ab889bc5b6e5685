import type { FunctionalBuilder } from './functional-builder.js';
import type { LayerOutput } from './window.js';

/** Activations of MobileNetV3. */
export type HardActivation = 'relu' | 'hard_swish';

/**
 * Adds `relu6(x + 3) / 6` (arXiv 1905.02244, section 5.2) as layers without weights: tfjs-layers has no such
 * activation, and what Keras 2 and tfjs call hard sigmoid is another one, `clip(0.2 x + 0.5, 0, 1)`.
 */
export function hardSigmoid(net: FunctionalBuilder, name: string, x: LayerOutput): LayerOutput {
  const shifted = net.rescaling(`${name}_shift`, x, { scale: 1, offset: 3 });
  return net.rescaling(name, net.activation(`${name}_relu6`, shifted, 'relu6'), { scale: 1 / 6 });
}

/** Adds `x relu6(x + 3) / 6` (equation in section 5.2 of the same paper), or a ReLU. */
export function hardActivation(
  net: FunctionalBuilder,
  name: string,
  x: LayerOutput,
  activation: HardActivation,
): LayerOutput {
  if (activation === 'relu')
    return net.layer('ReLU', name, [x], { trainable: true, dtype: 'float32' }, x.shape);
  return net.multiply(name, [x, hardSigmoid(net, `${name}_gate`, x)]);
}
