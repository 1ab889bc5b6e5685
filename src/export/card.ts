import { packageVersion } from '../package-root.js';
import type { ModelMetadata } from './format.js';
import type { Verification } from './verify.js';

/** What a model card tells. */
export interface Card {
  /** Name of the folder or repository. */
  title: string;
  format: string;
  /** How the model is opened, in its own language. */
  usage: string;
  labels: readonly string[];
  imageSize: number;
  /** What it takes, in words: `RGB, values of 0..255`. */
  takes: string;
  /** `probabilities` or `logits`. */
  gives: string;
  metadata: ModelMetadata;
  verification: Verification;
  /** Share of held-out images whose class comes first, where it was measured of the exported model. */
  top1?: number | undefined;
}

/** Labels that a card lists by name. */
const LISTED = 50;
/** Keys of a recipe that say how a result came about; others are in the file itself. */
const TOLD = [
  'base',
  'task',
  'epochs',
  'batchSize',
  'imageSize',
  'optimizer',
  'learningRate',
  'sam',
  'rho',
  'seed',
];

/**
 * A model card in the format of the Hugging Face hub: README.md with metadata in front
 * (https://huggingface.co/docs/hub/model-cards).
 */
export function modelCard(card: Card): string {
  const { title, format, usage, labels, imageSize, takes, gives, metadata, verification } = card;
  const recipe = (metadata.recipe ?? {}) as Readonly<Record<string, unknown>>;
  const top1 = card.top1 ?? (typeof metadata.top1 === 'number' ? metadata.top1 : undefined);
  const task = text(metadata.task ?? recipe.task);
  const front = [
    '---',
    'pipeline_tag: image-classification',
    `library_name: ${LIBRARIES[format] ?? 'tensorflow'}`,
    'tags:',
    ...['image-classification', 'sam-finetune', 'sharpness-aware-minimization', format].map(
      (tag) => `- ${tag}`,
    ),
    ...(top1 === undefined ? [] : modelIndex(title, task ?? 'unknown', top1)),
    '---',
  ];
  const told = TOLD.flatMap((key) => {
    const value = text(recipe[key]);
    return value === undefined ? [] : [`| ${key} | ${value} |`];
  });
  return [
    ...front,
    '',
    `# ${title}`,
    '',
    `An image classifier of ${labels.length} classes${task ? `, fine-tuned on ${task}` : ''}. ` +
      `Written by sam-finetune ${packageVersion} as ${format}.`,
    '',
    '| | |',
    '|---|---|',
    `| takes | float32 \`[batch, ${imageSize}, ${imageSize}, 3]\`: ${takes} |`,
    `| gives | float32 \`[batch, ${labels.length}]\`: ${gives}, in the order of \`labels.txt\` |`,
    ...(top1 === undefined ? [] : [`| top-1 on held-out images | ${(100 * top1).toFixed(1)} % |`]),
    `| checked | ${checked(verification)} |`,
    '',
    '## Use',
    '',
    '```',
    usage,
    '```',
    '',
    'Resize an image to the input size first: the shorter side to it, the centre cut out, bicubic, as in training.',
    ...(told.length > 0 ? ['', '## Training', '', '| | |', '|---|---|', ...told] : []),
    '',
    '## Classes',
    '',
    labels.slice(0, LISTED).join(', ') +
      (labels.length > LISTED ? `, and ${labels.length - LISTED} more in \`labels.txt\`` : ''),
    '',
  ].join('\n');
}

/** Libraries as the hub names them. */
const LIBRARIES: Readonly<Record<string, string>> = {
  'tfjs-layers': 'tfjs',
  'tfjs-graph': 'tfjs',
  keras: 'keras',
  h5: 'keras',
  onnx: 'onnx',
  safetensors: 'timm',
};

function modelIndex(title: string, task: string, top1: number): string[] {
  return [
    'model-index:',
    `- name: ${JSON.stringify(title)}`,
    '  results:',
    '  - task:',
    '      type: image-classification',
    '    dataset:',
    `      name: ${JSON.stringify(task)}`,
    `      type: ${JSON.stringify(task)}`,
    '    metrics:',
    '    - type: accuracy',
    `      value: ${top1}`,
  ];
}

function checked(verification: Verification): string {
  if (!verification.verified) return `not opened again here: ${verification.why}`;
  const { program, images, largestDifference, sameWeights } = verification;
  const how =
    sameWeights === undefined
      ? `opened by ${program}`
      : `read again by ${program}, which found all ${sameWeights} weights bit for bit`;
  return `${how}: on ${images} ${images === 1 ? 'image' : 'images'} a probability differs from its origin's by ${largestDifference.toPrecision(1)} at most`;
}

function text(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
