import { resolve } from 'node:path';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { unknownName } from '../errors.js';
import { packageVersion } from '../package-root.js';
import { tensorflowVersion } from '../tensorflow/index.js';
import { checkTraining, fineTune, Interrupted, planOf, sessionOf, updatesPerEpoch } from '../train/index.js';
import { listDevices } from './devices.js';
import { COMMAND, quoted } from './invocation.js';
import { Meter } from './meter.js';
import { print, say } from './output.js';
import { addRecipeFlags, givenFlags } from './train/flags.js';
import { onInterrupt } from './train/interruption.js';
import { type Prepared, prepare } from './train/prepare.js';
import { TrainProgress } from './train/progress.js';
import { type Request, resolveRecipe } from './train/recipe.js';
import { nextCommands, resultLines, resumeCommand, startSummary } from './train/summary.js';

interface TrainFlags {
  config?: string;
  resume?: boolean;
  dryRun?: boolean;
}

/** Adds `train`, the default command. */
export function addTrain(program: Command): void {
  const command = program
    .command('train', { isDefault: true })
    .summary('fine-tune a base model on a task with SAM (the default command)')
    .description(
      'Fine-tunes a pretrained base model on a task with Sharpness-Aware Minimization, and keeps the best weights.\n' +
        '0 or none switches a thing off.',
    )
    .usage('--base <name|path> --task <name|path> [options]')
    .argument('[words...]')
    .helpGroup('Commands:');
  command.configureHelp({ visibleArguments: () => [] });
  addRecipeFlags(command)
    .option(
      '--config <file>',
      'recipe as YAML or JSON, with the keys of these options (imageSize: 96); a flag overrides it',
    )
    .option('--resume', 'go on with the interrupted run in --out, with its own options', false)
    .option('--dry-run', 'check everything, print the resolved recipe, and stop there', false)
    .action(async (words: string[], { config, resume, dryRun }: TrainFlags) => {
      if (words.length > 0) throw unknownCommand(program, words[0]!);
      await train({ flags: givenFlags(command), config, resume }, { dryRun });
    });
}

/** What is no option and no command is a command's name, mistyped. */
function unknownCommand(program: Command, word: string): Error {
  const names = program.commands.map((command) => command.name());
  return unknownName('command', word, names, `Options begin with --: see ${COMMAND} train --help.`);
}

async function train(request: Request, { dryRun = false }: { dryRun?: boolean }): Promise<void> {
  const meter = new Meter();
  const recipe = resolveRecipe(request);
  // The first session of a process decides how many threads an operation has, so it is opened as training needs it.
  const devices = dryRun ? [] : await listDevices(sessionOf(recipe, planOf(recipe)));
  const prepared = await prepare(recipe, meter);
  if (dryRun) {
    await checkTraining(prepared.model, prepared.task, prepared.recipe, prepared.teacher);
    print(stringify(JSON.parse(JSON.stringify(prepared.recipe))).trimEnd());
    return;
  }
  say(startSummary(prepared, devices));
  await run(prepared, request.resume ?? false);
}

async function run(prepared: Prepared, resume: boolean): Promise<void> {
  const { recipe, task, model, teacher } = prepared;
  const { epochs, batchSize, accumulate, out } = recipe;
  const stepsPerEpoch = updatesPerEpoch(recipe, task);
  const progress = new TrainProgress({
    epochs,
    stepsPerEpoch,
    batchSize: batchSize * accumulate,
    classes: task.classes.length,
    bestMetric: recipe.bestMetric,
  });
  const interruption = onInterrupt(() => progress.clear());
  try {
    progress.start();
    const { onEvent } = progress;
    const { signal } = interruption;
    const result = await fineTune(model, task, recipe, {
      out,
      resume,
      config: record(prepared),
      onEvent,
      signal,
      ...(teacher && { teacher }),
    });
    print(resultLines(result, prepared));
    say(nextCommands(prepared));
  } catch (error) {
    // Before the first step there is no checkpoint to go on from.
    if (!(error instanceof Interrupted) || progress.step === 0) throw error;
    throw new Interrupted(
      `Stopped after step ${progress.step} of ${epochs * stepsPerEpoch}, with a checkpoint. Go on with:\n  ${resumeCommand(out)}`,
    );
  } finally {
    progress.clear();
    interruption.dispose();
    await model.dispose();
  }
}

/** What `config.json` says of a run besides its data's fingerprint. */
function record({ recipe, task, model }: Prepared): Record<string, unknown> {
  return {
    recipe: { ...recipe, out: resolve(recipe.out) },
    base: { name: recipe.base, origin: model.origin },
    ...(task.mirrors !== undefined && { mirrors: task.mirrors }),
    task: { name: task.name, origin: task.origin, train: task.train.length, test: task.test.length },
    versions: { package: packageVersion, tensorflow: tensorflowVersion(), node: process.versions.node },
    command: [COMMAND, ...process.argv.slice(2)].map(quoted).join(' '),
    started: new Date().toISOString(),
  };
}
