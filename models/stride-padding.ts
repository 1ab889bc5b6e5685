import type { Conventions } from './conventions.js';
import type { FunctionalBuilder } from './functional-builder.js';
import type { LayerOutput, Padding2D, WindowSize } from './window.js';

/**
 * Zeros around an image in front of a 'valid' window of stride 2, so that it gives what TensorFlow's SAME gives:
 * one pixel less at the top and left of an even side.
 */
export function stridePadding([height, width]: readonly number[], kernelSize: number): Padding2D {
  const border = Math.floor(kernelSize / 2);
  const side = (size: number): [number, number] => [border - (1 - (size % 2)), border];
  return [side(height!), side(width!)];
}

/** How a strided window gets its zeros. */
export interface StridePaddingOptions {
  kernelSize: number;
  strides: number;
  padding: Conventions['padding'];
  /** Whether `same` is a layer of zeros and a 'valid' window too, as keras.applications often has it. */
  explicit?: boolean;
}

/**
 * Puts zeros in front of a strided window, as a layer of that name where one is needed, and says how the window
 * is to pad what is left. Windows of stride 1 are padded alike by everybody.
 *
 * @example
 * const padded = padForStride(net, 'stem_conv_pad', x, { kernelSize: 3, strides: 2, padding });
 * net.conv2d('stem_conv', padded.x, { ...padded.window, filters, initializer });
 */
export function padForStride(
  net: FunctionalBuilder,
  name: string,
  x: LayerOutput,
  { kernelSize, strides, padding, explicit = false }: StridePaddingOptions,
): { x: LayerOutput; window: Required<WindowSize> } {
  const window = { kernelSize, strides };
  const inWindow = padding === 'same' && !explicit;
  if (strides === 1 || kernelSize === 1 || inWindow) return { x, window: { ...window, padding: 'same' } };
  const border = Math.floor(kernelSize / 2);
  const zeros: Padding2D =
    padding === 'same'
      ? stridePadding(x.shape, kernelSize)
      : [
          [border, border],
          [border, border],
        ];
  return { x: net.zeroPadding2d(name, x, zeros), window: { ...window, padding: 'valid' } };
}
