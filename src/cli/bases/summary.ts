import type { Topology } from '../../../models/topology.js';
import {
  type LayerSummary,
  type Summary,
  type SummaryOptions,
  summarize,
} from '../../model/summary/index.js';
import { count, counted, facts, print, printJson, table } from '../output.js';

/** Widths at which a table of layers fits 80 columns. */
const NAME_WIDTH = 25;
const CLASS_WIDTH = 15;

/** Prints what a network is made of and what training it takes: for people, or as one JSON document. */
export function showSummary(
  topology: Topology,
  { name, json = false, ...options }: SummaryOptions & { name: string; json?: boolean },
): void {
  const summary = { ...summarize(topology, options), name };
  if (json) printJson(summary);
  else print(summaryText(summary));
}

/** A summary as text of at most 80 columns. */
export function summaryText(summary: Summary): string {
  const columns = [
    { title: 'layer' },
    { title: 'class' },
    { title: 'output', align: 'right' },
    { title: 'parameters', align: 'right' },
    { title: 'mult-adds', align: 'right' },
  ] as const;
  return [
    table(columns, summary.layers.map(row)),
    '',
    totals(summary),
    '',
    memory(summary),
    '',
    'Memory is an estimate for float32, within about 10 % of what CPUs were measured',
    'to take; on a GPU, not measured, the total without the process is what it needs.',
  ].join('\n');
}

const row = ({ name, className, outputShape, parameters, multiplyAdds }: LayerSummary): string[] => [
  shortened(name, NAME_WIDTH),
  shortened(abbreviated(className), CLASS_WIDTH),
  outputShape.join('x'),
  parameters ? count(parameters) : '-',
  multiplyAdds ? short(multiplyAdds) : '-',
];

/** `GlobalAveragePooling2D` as `GlobalAvgPool2D`, `BatchNormalization` as `BatchNorm`. */
const abbreviated = (className: string): string =>
  className.replace('Average', 'Avg').replace('Pooling', 'Pool').replace('Normalization', 'Norm');

function totals({ name, inputShape, layers, parameters, trainable, multiplyAdds }: Summary): string {
  return facts({
    network: `${name}, ${counted(layers.length, 'layer')}, input ${inputShape.join('x')}`,
    parameters: `${count(parameters)}, of which ${count(trainable)} are trained`,
    'multiply-adds': `${short(multiplyAdds)} an image`,
  });
}

function memory({ memory: parts, batchSize, optimizer, sam }: Summary): string {
  const title = `Training with ${sam ? `SAM and ${optimizer}` : optimizer}, ${counted(batchSize, 'image')} a step:`;
  const entries = facts({
    weights: gigabytes(parts.weights),
    gradients: gigabytes(parts.gradients),
    ...(sam && { perturbation: gigabytes(parts.perturbation) }),
    'optimizer state': gigabytes(parts.optimizer),
    update: gigabytes(parts.update),
    activations: gigabytes(parts.activations),
    scratch: gigabytes(parts.scratch),
    total: gigabytes(parts.total),
    'an image more': gigabytes(parts.perImage),
    'process on a CPU': gigabytes(parts.process),
  });
  return [title, ...entries.split('\n').map((line) => `  ${line}`)].join('\n');
}

/** The start and the end of a text that is too long: numbers at the end of layer names tell them apart. */
function shortened(text: string, width: number): string {
  if (text.length <= width) return text;
  const end = Math.floor((width - 2) / 2);
  return `${text.slice(0, width - 2 - end)}..${text.slice(-end)}`;
}

/** 35,123,200 as `35.1 M`. */
function short(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toFixed(2)} G`;
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)} M`;
  return value >= 1e3 ? `${(value / 1e3).toFixed(1)} k` : String(value);
}

/** Bytes as GPUs' memory is counted: `0.12 GiB`. */
const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2).padStart(7)} GiB`;
