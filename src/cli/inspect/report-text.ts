import { describeImages } from '../../inspect/describe.js';
import { type Finding, findingsOf } from '../../inspect/findings.js';
import type { Inspection } from '../../inspect/index.js';
import { count, counted, facts, table } from '../output.js';

/** Cases of a finding that are named. */
const CASES = 10;
/** Classes that are listed. */
const CLASSES = 30;

/** An inspection as text: what is wrong first, then what the images are. */
export function reportText(inspection: Inspection, { page }: { page?: string | undefined } = {}): string {
  const { task, origin, images, classes } = inspection;
  const findings = findingsOf(inspection);
  const head = [
    `${task}: ${counted(images.train + images.test, 'image')} of ${counted(classes.length, 'class').replace(/ss(?=s$)/, 'sse')}, ` +
      `${count(images.train)} to train on, ${count(images.test)} held out`,
    ...(origin === null ? [] : [origin]),
  ];
  return [
    head.join('\n'),
    findings.length === 0
      ? 'Nothing wrong was found.'
      : section('Problems', findings.map(findingText).join('\n')),
    section('Images', imagesText(inspection)),
    section('Classes', classesText(inspection)),
    ...(page === undefined ? [] : [`page: ${page}`]),
  ].join('\n\n');
}

function findingText({ title, advice, items }: Finding): string {
  const named = items.slice(0, CASES).map(({ text }) => text);
  const rest = items.length - named.length;
  const lines = [
    ...named,
    ...(rest > 0 ? [`and ${count(rest)} more: --out FOLDER or --json tells all`] : []),
  ];
  return [
    title,
    ...(advice === '' ? [] : [indented(advice)]),
    ...lines.map((line) => indented(`- ${line}`)),
  ].join('\n');
}

function imagesText(inspection: Inspection): string {
  const { facts: described, notes } = describeImages(inspection);
  const { statistics } = inspection;
  const channels = (values: readonly number[]) => values.map((value) => value.toFixed(4)).join(', ');
  return [
    facts({
      ...described,
      ...(statistics && {
        mean: `${channels(statistics.mean)} (red, green, blue of training images, 0 to 1)`,
        deviation: channels(statistics.deviation),
      }),
    }),
    ...notes,
  ].join('\n');
}

function classesText({ classes }: Inspection): string {
  const rows = classes.slice(0, CLASSES).map(({ name, train, test }) => [name, count(train), count(test)]);
  const rest = classes.length - rows.length;
  const listed = table(
    [{ title: 'class' }, { title: 'training', align: 'right' }, { title: 'held out', align: 'right' }],
    rows,
  );
  return rest > 0 ? `${listed}\nand ${count(rest)} more: --out FOLDER or --json tells all` : listed;
}

const section = (title: string, text: string): string => `${title}\n${indented(text)}`;

const indented = (text: string): string => text.replaceAll(/^/gm, '  ');
