import { existsSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  defineRecipe,
  fineTune,
  InputError,
  Interrupted,
  importBase,
  loadTask,
  type Recipe,
  type RecipeInput,
  swapHead,
  type Task,
  type TrainEvent,
  withDropout,
} from 'sam-finetune';

/** Flags of a preset's own, with the values that each takes: the first is the default. */
export type Choices = Readonly<Record<string, readonly string[]>>;

/** One value for each flag. */
export type Choice<C extends Choices> = { [K in keyof C]: C[K][number] };

/** A family of results to reproduce. */
export interface Preset<C extends Choices = Choices> {
  choices: C;
  /** The recipe of a choice, as published. */
  recipe(choice: Choice<C>): RecipeInput;
  /** What `--quick` changes in it: the same recipe on few images in small, to see that it runs. */
  quick(choice: Choice<C>): Partial<RecipeInput>;
  /** Whether the choice's task is none that has a name: `--data` has to name a folder of class folders. */
  isFolder?(choice: Choice<C>): boolean;
}

/** What every preset takes besides its choices. */
interface Values {
  data?: string;
  out?: string;
  seed: string;
  epochs?: string;
  'no-sam': boolean;
  quick: boolean;
}

/** Images that are held out with `--quick`, at most. */
const QUICK_HELD_OUT = 200;
/** As shells have it for Ctrl-C. */
const INTERRUPTED = 130;

/**
 * Runs a preset where its file is the program that was started; an import alone does nothing.
 *
 * @param url of the preset's file: `import.meta.url`
 */
export async function runIfMain<const C extends Choices>(url: string, preset: Preset<C>): Promise<void> {
  const program = process.argv[1];
  if (program === undefined || realpathSync(program) !== fileURLToPath(url)) return;
  try {
    console.log(await run(preset, process.argv.slice(2)));
  } catch (error) {
    if (!(error instanceof InputError || error instanceof Interrupted)) throw error;
    const isInterrupted = error instanceof Interrupted;
    console.error(isInterrupted ? 'Stopped. With --out, the same command goes on from here.' : error.message);
    process.exitCode = isInterrupted ? INTERRUPTED : 2;
  }
}

/**
 * The recipe that the arguments ask for.
 *
 * @throws InputError for unknown arguments and values, naming those that there are
 */
export function recipeOf<const C extends Choices>(preset: Preset<C>, args: readonly string[]): Recipe {
  const { choice, values } = parse(preset, args);
  const { data, out, seed, epochs, quick } = values;
  const recipe = { ...preset.recipe(choice), ...(quick && preset.quick(choice)) };
  const needsFolder = preset.isFolder?.(choice) ?? false;
  if (needsFolder && data === undefined) {
    throw new InputError(
      `--data is missing: name the folder of ${recipe.task}, with a folder for each class in train/ and val/.`,
    );
  }
  // ImageNet is in class folders as it comes, unless only part of it is looked at.
  const isFolder = needsFolder || ((quick || recipe.task !== 'imagenet') && hasClassFolders(data));
  return defineRecipe({
    ...recipe,
    ...(isFolder ? { task: data! } : { data }),
    seed: Number(seed),
    ...(epochs !== undefined && { epochs: Number(epochs) }),
    ...(values['no-sam'] && { sam: 'none' }),
    out,
  });
}

const hasClassFolders = (data: string | undefined): boolean =>
  data !== undefined && statSync(join(data, 'train'), { throwIfNoEntry: false })?.isDirectory() === true;

/** Trains, and tells the result in a line. */
async function run<const C extends Choices>(preset: Preset<C>, args: readonly string[]): Promise<string> {
  const recipe = recipeOf(preset, args);
  const { quick } = parse(preset, args).values;
  const { data, seed, limit, imageSize, out, headInit, keepMatchingClasses } = recipe;
  const whole = await loadTask(recipe.task, { data, limit, seed });
  const task = quick ? withFewHeldOut(whole) : whole;
  const base = await importBase(recipe.base, { imageSize, seed });
  const headed = swapHead(base, { classes: task.classes, initializer: headInit, keepMatchingClasses, seed });
  const model = withDropout(headed, recipe);

  const resume = out !== undefined && existsSync(join(out, 'checkpoints/last.safetensors'));
  // Nothing is removed here: --out may name any folder.
  if (out !== undefined && !resume && existsSync(join(out, 'config.json'))) {
    throw new InputError(
      `The run in ${out} ended before its first checkpoint, so it cannot go on. Remove that folder, or name another with --out.`,
    );
  }
  if (resume) console.error(`Going on with the run in ${out}.`);
  const { top1, epoch } = await fineTune(model, task, recipe, {
    out,
    resume,
    config: { recipe },
    onEvent: tell,
    signal: interruption(),
  });
  return `held-out top-1 ${percent(top1)} (error ${percent(1 - top1)}) on ${task.test.length} images (epoch ${epoch})`;
}

function parse<const C extends Choices>(
  { choices }: Preset<C>,
  args: readonly string[],
): { choice: Choice<C>; values: Values } {
  const own = Object.fromEntries(Object.keys(choices).map((name) => [name, { type: 'string' as const }]));
  const { values } = parsed({
    ...own,
    data: { type: 'string' },
    out: { type: 'string' },
    seed: { type: 'string', default: '0' },
    epochs: { type: 'string' },
    'no-sam': { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
  });
  const choice = Object.entries(choices).map(([name, known]) => {
    const value = (values as Record<string, unknown>)[name] ?? known[0]!;
    if (known.includes(String(value))) return [name, value];
    throw new InputError(`Expected one of ${known.join(', ')} for --${name}, received '${value}'.`);
  });
  return { choice: Object.fromEntries(choice), values: values as unknown as Values };

  function parsed(options: NonNullable<Parameters<typeof parseArgs>[0]>['options']) {
    try {
      return parseArgs({ args: [...args], options });
    } catch (error) {
      throw new InputError(`${(error as Error).message} There are: --${Object.keys(options!).join(', --')}.`);
    }
  }
}

/** The task with some of its held-out images, from all over them. */
function withFewHeldOut(task: Task): Task {
  const { test } = task;
  const length = Math.min(QUICK_HELD_OUT, test.length);
  const rows = Array.from({ length }, (_, i) => Math.floor((i * test.length) / length));
  const labels = Int32Array.from(rows, (row) => test.labels[row]!);
  return { ...task, test: { length, labels, source: partOf(test.source, rows) } };
}

function partOf(source: Task['test']['source'], rows: readonly number[]): Task['test']['source'] {
  switch (source.kind) {
    case 'encoded':
      return { ...source, images: source.images.select(Int32Array.from(rows)) };
    case 'array': {
      const size = source.height * source.width * 3;
      const pixels = new Uint8Array(rows.length * size);
      rows.forEach((row, i) => {
        pixels.set(source.pixels.subarray(row * size, (row + 1) * size), i * size);
      });
      return { ...source, pixels };
    }
    case 'features':
      throw new Error('a task that was loaded has images, not features');
  }
}

/** One line an epoch, on standard error: standard output has the result. */
function tell(event: TrainEvent): void {
  if (event.event === 'epoch')
    console.error(`epoch ${event.epoch}: loss ${event.loss.toFixed(4)}, ${event.seconds.toFixed(0)} s`);
  if (event.event === 'evaluate') console.error(`epoch ${event.epoch}: top-1 ${percent(event.top1)}`);
}

/** Aborted by Ctrl-C: the run stops after the step under way, with a checkpoint where it has a folder. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort());
  return controller.signal;
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
