import { Command, CommanderError } from 'commander';
import { InputError } from '../errors.js';
import { packageVersion } from '../package-root.js';
import { Diverged, Interrupted } from '../train/index.js';
import { addBases } from './bases.js';
import { addDoctor } from './doctor.js';
import { addEvaluate } from './evaluate.js';
import { addExport } from './export.js';
import { addInspect } from './inspect.js';
import { COMMAND } from './invocation.js';
import { say } from './output.js';
import { addPredict } from './predict.js';
import { addServe } from './serve.js';
import { addSetup } from './setup.js';
import { addTasks } from './tasks.js';
import { INTERRUPTED } from './train/interruption.js';
import { addTrain } from './train.js';

const FAILED = 1;
const WRONG_INPUT = 2;

/** Every command. A new one is a file and a name here. */
const COMMANDS = [
  addTrain,
  addEvaluate,
  addPredict,
  addServe,
  addExport,
  addInspect,
  addBases,
  addTasks,
  addDoctor,
  addSetup,
];

const EXAMPLES = `
Examples:
  ${COMMAND} --base efficientnet-lite0 --task digits --epochs 6
  ${COMMAND} --base efficientnet-lite0 --task photos/ --image-size 160
  ${COMMAND} predict runs/efficientnet-lite0-digits IMAGE.png
  ${COMMAND} serve runs/efficientnet-lite0-digits
  ${COMMAND} export runs/efficientnet-lite0-digits --out digits-model

Each command tells its options: ${COMMAND} train --help`;

/** The program with all of its commands. */
export function createProgram(): Command {
  const program = new Command(COMMAND)
    .description('Fine-tunes pretrained image classifiers with Sharpness-Aware Minimization (SAM).')
    .usage('[command] [options]')
    .version(packageVersion, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this')
    .helpCommand('help [command]', 'print the options of a command')
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .exitOverride()
    .addHelpText('after', EXAMPLES);
  for (const add of COMMANDS) add(program);
  return program;
}

/**
 * Runs the command line.
 *
 * @param args what follows the program's name
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage or input, 130 interrupted after a checkpoint
 */
export async function main(args: readonly string[]): Promise<number> {
  // A reader that has seen enough, such as `head`, ends the command quietly.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
  const program = createProgram();
  try {
    if (args.length === 0) program.help({ error: true });
    await program.parseAsync(args, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    return failure(error);
  }
}

/** Says what went wrong; a stack only for what nobody foresaw, and only when asked for. */
function failure(error: unknown): number {
  // Commander has said it already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_INPUT;
  if (error instanceof Interrupted) {
    say(error.message);
    return INTERRUPTED;
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  say(`error: ${message}`);
  if (error instanceof InputError) return WRONG_INPUT;
  if (error instanceof Diverged) return FAILED;
  if (process.env.DEBUG?.includes(COMMAND)) say(stack ?? '');
  else say(`Set DEBUG=${COMMAND} to see where it happened.`);
  return FAILED;
}
