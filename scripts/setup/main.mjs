import { fileURLToPath } from 'node:url';
import { provideAddon, recordedAddon } from './addon.mjs';
import { isCompiled, provideCompiled } from './compile.mjs';
import { dependenciesPresent, isCheckout, provideDependencies } from './dependencies.mjs';
import { SetupError } from './failure.mjs';
import { removeStaged } from './files.mjs';
import { releaseLocks, withLock } from './lock.mjs';
import { HELP, parseOptions } from './options.mjs';
import { endRunning } from './processes.mjs';
import { say } from './report.mjs';
import { isChecked, provideTensorFlow, recordedTensorFlow } from './tensorflow.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const INTERRUPTED = 130;

/** Runs set-up; gives the exit code. */
export async function main(args, root = ROOT) {
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, interrupt);
  try {
    const options = parseOptions(args);
    if (options.help) process.stdout.write(HELP);
    else await setUp(root, options);
    return 0;
  } catch (error) {
    say(explain(error));
    return error.exitCode ?? 1;
  }
}

async function setUp(root, options) {
  const ready = options.fresh ? undefined : readyLine(root, options);
  if (ready && options.quiet) return;
  if (ready) return say(ready);
  await withLock(root, async () => {
    if (isCheckout(root)) await provideDependencies(root);
    const location = await provideTensorFlow(root, options);
    const addon = await provideAddon(root, location.directory, options);
    if (isCheckout(root)) await provideCompiled(root);
    say(summary(location, addon));
  });
}

/** One line on what is there, or undefined where something has to be done. */
function readyLine(root, options) {
  if (isCheckout(root) && !(dependenciesPresent(root) && isCompiled(root))) return undefined;
  const location = recordedTensorFlow(options);
  if (!location || !isChecked(root, location)) return undefined;
  const addon = recordedAddon(root, location.directory);
  return addon && summary(location, addon);
}

function summary(location, addon) {
  const tensorflow = `TensorFlow ${location.version} (${location.gpu ? 'GPU' : 'CPU'} build)`;
  return addon.built
    ? `Set up: ${tensorflow} and the tfjs-node-gpu addon work.`
    : `Set up: ${tensorflow} works. The tfjs-node-gpu addon, which only some things need, is missing: ${addon.reason}.`;
}

/** What is expected to go wrong has its message; file system errors have their path; the rest is a bug, with its stack. */
function explain(error) {
  if (error instanceof SetupError) return error.message;
  if (error.code === 'ENOSPC')
    return `The disk is full (${error.path ?? error.message}). Make room, or set SAM_FINETUNE_CACHE to a folder elsewhere, and run set-up again.`;
  if (['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST'].includes(error.code))
    return `'${error.path}' cannot be written to (${error.code}). Correct its permissions, or set SAM_FINETUNE_CACHE to another folder, and run set-up again.`;
  return `Set-up ran into an unexpected error: ${error.stack}`;
}

function interrupt() {
  endRunning();
  removeStaged();
  releaseLocks();
  say('\nSet-up was interrupted. Run it again to go on.');
  process.exit(INTERRUPTED);
}
