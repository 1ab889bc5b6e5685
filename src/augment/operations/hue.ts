import { arithmetic } from '../arithmetic.js';
import type { Family } from './operation.js';

/** Turns the hues of an image. Magnitude: turns, 1 being all around. */
export const hue: Family<'hue'> = {
  names: ['hue'],
  apply(f, { images, magnitude }) {
    const { add, divide, floor, multiply, perImage, round, subtract } = arithmetic(f);
    const hueOnly = f.constant(Float32Array.of(1, 0, 0));
    const hsv = f.math('RGBToHSV', [divide(images, 255)]);
    const turned = add(hsv, multiply(perImage(magnitude), hueOnly));
    const within = subtract(turned, multiply(floor(turned), hueOnly));
    return round(multiply(f.math('HSVToRGB', [within]), 255));
  },
};
