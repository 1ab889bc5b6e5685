import type { Command } from 'commander';
import { BASES, type BaseModel } from '../../models/catalogue.js';
import { count, print, printJson, table } from './output.js';

/** Adds `bases`. */
export function addBases(program: Command): void {
  program
    .command('bases')
    .summary('list the base models')
    .description('Lists the base models that --base takes by name.')
    .option('--json', 'print one JSON document', false)
    .action(({ json }: { json: boolean }) => {
      if (json) printJson(BASES.map(described));
      else print(listed());
    });
}

const described = ({ name, parameters, imageSize, minimumImageSize, licence, top1, weights }: BaseModel) => ({
  name,
  parameters,
  imageSize,
  minimumImageSize,
  licence,
  top1: top1 ?? null,
  weights: weights ? { source: weights.requirement, bytes: weights.bytes, licence: weights.licence } : null,
});

function listed(): string {
  const references = [...new Set(BASES.flatMap(({ top1 }) => top1?.reference ?? []))];
  const rows = BASES.map(({ name, parameters, imageSize, weights, licence, top1 }) => [
    name,
    count(parameters),
    `${imageSize} px`,
    weights ? 'yes' : 'no',
    licence,
    top1 ? `${top1.percent.toFixed(1)} % [${references.indexOf(top1.reference) + 1}]` : '-',
  ]);
  const columns = [
    { title: 'base' },
    { title: 'parameters', align: 'right' },
    { title: 'size', align: 'right' },
    { title: 'weights' },
    { title: 'licence' },
    { title: 'top-1' },
  ] as const;
  return [
    table(columns, rows),
    '',
    'weights: pretrained on ImageNet, fetched when first used. The others take a file (--weights PATH).',
    'top-1: on ImageNet, as published for the original weights:',
    ...references.map((reference, i) => `  [${i + 1}] ${reference}`),
  ].join('\n');
}
