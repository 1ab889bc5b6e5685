import { type Command, InvalidArgumentError, Option } from 'commander';
import { BASES, type BaseModel, findBase } from '../../models/catalogue/index.js';
import { InputError, unknownName } from '../errors.js';
import { OPTIMIZERS, type OptimizerName } from '../optimize/index.js';
import { importBase, locateBase } from '../weights/import-base.js';
import { baseDetails, describeDetails } from './bases/details.js';
import { describeBase, listBases } from './bases/list.js';
import { showSummary } from './bases/summary.js';
import { print, printJson } from './output.js';

/** Columns where standard output is no terminal. */
const USUAL_COLUMNS = 120;

/** Adds `bases`. */
export function addBases(program: Command): void {
  program
    .command('bases')
    .summary('list the base models, or describe one')
    .description(
      'Lists the base models that --base takes by name, or describes one with all its pretrained weights.',
    )
    .argument('[name]', 'base model to describe')
    .option('--json', 'print one JSON document', false)
    .option('--summary', "print a base's layers, multiply-adds, and the memory that training takes", false)
    .option('--image-size <pixels>', "with --summary: side of the input; left out: the base's own", count)
    .option('--batch-size <images>', 'with --summary: images a step', count, 32)
    .addOption(
      new Option('--optimizer <name>', 'with --summary: base optimizer, for the memory of its state')
        .choices(Object.keys(OPTIMIZERS))
        .default('adamw' satisfies OptimizerName),
    )
    .action(async (name: string | undefined, { json, summary, ...options }: BasesFlags) => {
      if (summary) return summarize(name, { json, ...options });
      if (name !== undefined) return describe(name, json);
      if (json) printJson(BASES.map(describeBase));
      else print(listBases(BASES, process.stdout.columns || USUAL_COLUMNS));
    });
}

interface BasesFlags {
  json: boolean;
  summary: boolean;
  imageSize?: number;
  batchSize: number;
  optimizer: OptimizerName;
}

/** A whole number of 1 or more, as commander's options take it. */
function count(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError('Expected a whole number of 1 or more.');
}

function baseNamed(text: string): BaseModel {
  const [name = ''] = text.split(':');
  const base = findBase(name);
  if (base) return base;
  const names = BASES.map((known) => known.name);
  throw unknownName('base', name, names);
}

/** A base of the catalogue by its name, another model after it is read. */
async function summarize(name: string | undefined, options: Omit<BasesFlags, 'summary'>): Promise<void> {
  if (name === undefined) throw new InputError('--summary needs the name of a base: bases NAME --summary');
  const spec = locateBase(name);
  const { imageSize } = options;
  const { topology, ...model } =
    spec.kind === 'catalogue'
      ? { topology: spec.base.build({ imageSize }), imageSize: imageSize ?? spec.base.imageSize }
      : await importBase(name, { imageSize });
  showSummary(topology, { ...options, name, imageSize: model.imageSize });
}

async function describe(text: string, json: boolean): Promise<void> {
  const base = baseNamed(text);
  if (json) printJson(await describeDetails(base));
  else print(await baseDetails(base));
}
