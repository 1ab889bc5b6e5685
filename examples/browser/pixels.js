// From a picture's pixels to what the network takes, as the command does it: the largest square in the middle, reduced
// with the Catmull-Rom kernel widened for reductions (what Pillow calls bicubic), then (pixel - mean) / std.
// A browser's own reduction differs between browsers, and from what the network was trained on.

/** Where the largest square in the middle of a picture lies. */
export function middleSquare(width, height) {
  const side = Math.min(width, height);
  return { left: Math.floor((width - side) / 2), top: Math.floor((height - side) / 2), side };
}

/** The Catmull-Rom kernel (a = -0.5). */
function kernel(x) {
  const t = Math.abs(x);
  if (t < 1) return (1.5 * t - 2.5) * t * t + 1;
  return t < 2 ? ((-0.5 * t + 2.5) * t - 4) * t + 2 : 0;
}

/** For each pixel of the result, where the pixels begin that it is made of, and their weights. */
function contributions(from, to) {
  const scale = from / to;
  const width = Math.max(1, scale);
  return Array.from({ length: to }, (_, i) => {
    const center = (i + 0.5) * scale;
    const first = Math.max(0, Math.floor(center - 2 * width + 0.5));
    const last = Math.min(from, Math.floor(center + 2 * width + 0.5));
    const weights = [];
    for (let x = first; x < last; x++) weights.push(kernel((x + 0.5 - center) / width));
    const sum = weights.reduce((a, b) => a + b, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

/**
 * Changes the size of a square.
 *
 * @param rgba `[side, side, 4]`, 0..255, opaque, as a canvas gives it
 * @returns `[size, size, 3]`, whole values 0..255
 */
export function resized(rgba, side, size) {
  const places = contributions(side, size);
  // Columns first, and whole values in between, as sharp has them.
  const columns = new Uint8ClampedArray(size * side * 3);
  for (let y = 0; y < size; y++) {
    const { first, weights } = places[y];
    for (let x = 0; x < side; x++) {
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++) sum += weights[k] * rgba[((first + k) * side + x) * 4 + c];
        columns[(y * side + x) * 3 + c] = sum;
      }
    }
  }
  const result = new Uint8ClampedArray(size * size * 3);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const { first, weights } = places[x];
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++) sum += weights[k] * columns[(y * side + first + k) * 3 + c];
        result[(y * size + x) * 3 + c] = sum;
      }
    }
  }
  return result;
}

/** (pixel - mean) / std, per channel. A model of mean 0 and std 1 takes 0..255 and does the scaling itself. */
export function normalized(pixels, { mean, std }) {
  return Float32Array.from(pixels, (value, i) => (value - mean[i % 3]) / std[i % 3]);
}
