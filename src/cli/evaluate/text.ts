import type { Comparison, Evaluation } from '../../evaluate/index.js';
import { count, counted, facts, percent, table } from '../output.js';

/** Classes that are listed, the worst first. */
const CLASSES = 10;
/** Confusions that are named. */
const CONFUSIONS = 5;
/** What the p-value of a difference that is no chance is below, as most have it. */
const SIGNIFICANT = 0.05;

/** What was measured, and how. */
export interface EvaluatedImages {
  /** Name of the task. */
  task: string;
  /** Test-time augmentation. */
  tta: string;
  /** How many images, and which. @default how many */
  images?: string;
  /** What a reader has to know about them. */
  warning?: string | undefined;
}

/** An evaluation as text: what it comes to, then where it goes wrong. */
export function evaluationText(
  { count: measured, top1, top5, loss, macro, calibration, coverage, classes, confusions }: Evaluation,
  { task, tta, images = count(measured), warning }: EvaluatedImages,
): string {
  const { aurc, points } = coverage;
  const sections = [
    facts({
      task,
      images,
      ...(warning !== undefined && { warning }),
      ...(tta !== 'none' && { views: tta }),
      'top-1': percent(top1),
      ...(classes.length > 5 && { 'top-5': percent(top5) }),
      loss: loss.toFixed(4),
      'macro average': `precision ${percent(macro.precision)}, recall ${percent(macro.recall)}, F1 ${percent(macro.f1)}`,
      calibration: `probabilities are off by ${percent(calibration.ece)} on average (ECE)`,
      'when sure': points
        .map((point, i) => `${percent(point.top1)} of ${i === 0 ? 'the surest ' : ''}${share(point)}`)
        .join(', '),
      'risk-coverage': `${aurc.toFixed(4)} (area under the curve; less is better)`,
    }),
    classesText(classes),
  ];
  if (confusions.length > 0) sections.push(confusionsText(confusions));
  return sections.join('\n\n');
}

const share = ({ coverage }: { coverage: number }): string => `${Math.round(100 * coverage)} %`;

function classesText(classes: Evaluation['classes']): string {
  const worst = classes
    .filter(({ f1 }) => f1 !== null)
    .sort((a, b) => a.f1! - b.f1! || b.support - a.support)
    .slice(0, CLASSES);
  const or = (value: number | null) => (value === null ? '-' : percent(value));
  const right = { align: 'right' } as const;
  const listed = table(
    [
      { title: 'class' },
      { title: 'images', ...right },
      { title: 'precision', ...right },
      { title: 'recall', ...right },
      { title: 'F1', ...right },
    ],
    worst.map((each) => [each.class, count(each.support), or(each.precision), or(each.recall), or(each.f1)]),
  );
  const rest = classes.length - worst.length;
  const title = 'Classes, the worst first';
  return `${title}\n${indented(listed)}${rest > 0 ? `\n  and ${count(rest)} more: --json tells all` : ''}`;
}

function confusionsText(confusions: Evaluation['confusions']): string {
  const listed = confusions
    .slice(0, CONFUSIONS)
    .map(({ class: name, predicted, count: times }) => [name, 'taken for', predicted, `${count(times)} x`]);
  const lines = table([{ title: '' }, { title: '' }, { title: '' }, { title: '', align: 'right' }], listed);
  const rest = confusions.length - listed.length;
  // Its heading is empty.
  const [, ...rows] = lines.split('\n');
  const more = rest > 0 ? `\n  and ${counted(rest, 'other pair')}: --json tells all` : '';
  return `Most frequent confusions\n${indented(rows.join('\n'))}${more}`;
}

/** What the comparison of two models says, in words. */
export function comparisonText(
  { count: images, b, c, difference, interval, test, statistic, pValue }: Comparison,
  [first, second]: readonly [NamedTop1, NamedTop1],
): string {
  const [low, high] = interval;
  const verdict =
    pValue < SIGNIFICANT
      ? `So ${b > c ? first.name : second.name} is better on images like these: chance alone would hardly do that.`
      : 'So neither is shown to be better: chance alone could do that.';
  const how = test === 'exact' ? 'exact' : `chi-squared ${statistic.toFixed(2)}`;
  return [
    `Compared with ${second.name}`,
    `  top-1 ${percent(first.top1)} against ${percent(second.top1)}: a difference of ${points(difference)} points, 95 % interval ${points(low)} to ${points(high)}.`,
    `  Of ${counted(images, 'image')} ${first.name} alone has ${count(b)} right, ${second.name} alone ${count(c)}.`,
    `  McNemar's test (${how}): p ${probability(pValue)}. ${verdict}`,
  ].join('\n');
}

/** A model, and what it scored. */
interface NamedTop1 {
  name: string;
  top1: number;
}

const points = (value: number): string => `${value > 0 ? '+' : ''}${(100 * value).toFixed(2)}`;

const probability = (value: number): string =>
  value < 0.0001 ? `= ${value.toExponential(1)}` : `= ${value.toFixed(4)}`;

const indented = (text: string): string => text.replaceAll(/^/gm, '  ');
