/** Wrong labels on purpose: kinds of noise, what is known about them, and accuracy apart for true and wrong labels. */
export { NoiseAccuracy, type NoiseCounts, type NoiseTop1 } from './accuracy.js';
export { type NoisyTask, withLabelNoise, withPredictedLabels } from './apply.js';
export { LABEL_NOISES, type LabelNoise, type LabelNoiseName } from './kinds.js';
export { type NoisyLabels, noiseOf } from './noisy-labels.js';
export { NOISE_FILE, type NoiseRecord, type NoisyImage, noiseRecord, writeNoise } from './record.js';
