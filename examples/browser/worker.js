// Loads the model and classifies pictures, off the page's own thread.
import { middleSquare, normalized, resized } from './pixels.js';
import * as tf from './tf.js';

/** Larger squares are reduced to this by the browser first: it is fast, and far above what any network takes. */
const LARGEST = 2048;

const ready = load();

async function load() {
  const address = new URL('model/model.json', self.location.href).href;
  const response = await fetch(address);
  if (!response.ok) throw new Error(`There is no model at ${address}. Run prepare.mjs again.`);
  const { format, userDefinedMetadata } = await response.json();
  const { labels, imageSize, preprocessing } = userDefinedMetadata.samFinetune;
  await tf.ready();
  const model = await (format === 'graph-model' ? tf.loadGraphModel(address) : tf.loadLayersModel(address));
  const classifier = { model, labels, imageSize, preprocessing };
  // The first run compiles what later ones use.
  await probabilitiesOf(classifier, new Float32Array(imageSize * imageSize * 3));
  return classifier;
}

/** The picture in a file as the network's `[imageSize, imageSize, 3]`. */
async function pixelsOf(file, { imageSize, preprocessing }) {
  // Its EXIF orientation is applied.
  const picture = await createImageBitmap(file).catch(() => {
    throw new Error('This file cannot be read as a picture. Choose another.');
  });
  try {
    const { left, top, side } = middleSquare(picture.width, picture.height);
    const drawn = Math.min(side, LARGEST);
    const context = new OffscreenCanvas(drawn, drawn).getContext('2d', { willReadFrequently: true });
    // What is transparent becomes white.
    context.fillStyle = 'white';
    context.fillRect(0, 0, drawn, drawn);
    context.imageSmoothingQuality = 'high';
    context.drawImage(picture, left, top, side, side, 0, 0, drawn, drawn);
    const { data } = context.getImageData(0, 0, drawn, drawn);
    return normalized(resized(data, drawn, imageSize), preprocessing);
  } finally {
    picture.close();
  }
}

async function probabilitiesOf({ model, imageSize }, values) {
  const output = tf.tidy(() => model.predict(tf.tensor4d(values, [1, imageSize, imageSize, 3])));
  try {
    return await output.data();
  } finally {
    output.dispose();
  }
}

async function classify(file) {
  const classifier = await ready;
  const started = performance.now();
  const probabilities = await probabilitiesOf(classifier, await pixelsOf(file, classifier));
  const predictions = Array.from(probabilities, (probability, index) => ({
    label: classifier.labels[index],
    index,
    probability,
  })).sort((a, b) => b.probability - a.probability || a.index - b.index);
  return { predictions, milliseconds: performance.now() - started };
}

ready.then(
  ({ labels, imageSize }) =>
    self.postMessage({ kind: 'ready', classes: labels.length, imageSize, backend: tf.getBackend() }),
  ({ message }) => self.postMessage({ kind: 'failed', message }),
);

self.addEventListener('message', async ({ data: { id, file } }) => {
  try {
    self.postMessage({ kind: 'classified', id, ...(await classify(file)) });
  } catch ({ message }) {
    self.postMessage({ kind: 'refused', id, message });
  }
});
