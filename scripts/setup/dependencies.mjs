import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SetupError } from './failure.mjs';
import { readJson } from './files.mjs';
import { onPath, run } from './processes.mjs';
import { withProgress } from './report.mjs';

/** Whether this is a checkout, with sources to compile, and not an installed package. */
export const isCheckout = (root) => existsSync(join(root, 'tsconfig.json')) && existsSync(join(root, 'src'));

/**
 * Whether node_modules holds what package-lock.json asks for. npm writes `node_modules/.package-lock.json` when it has
 * finished, so an interrupted install counts as none.
 */
export function dependenciesPresent(root) {
  const wanted = readJson(join(root, 'package-lock.json')).packages ?? {};
  const installed = readJson(join(root, 'node_modules', '.package-lock.json')).packages;
  if (!installed) return false;
  const matches = ([path, { version, optional, devOptional, peer }]) => {
    if (path === '') return true;
    // Packages for other platforms are in the lock file only.
    return path in installed ? installed[path].version === version : Boolean(optional || devOptional || peer);
  };
  return Object.entries(wanted).every(matches) && Object.keys(installed).every((path) => path in wanted);
}

/** Runs `npm ci` where node_modules is absent or not from the present lock file. */
export async function provideDependencies(root) {
  if (dependenciesPresent(root)) return;
  const npm = npmCommand();
  if (!npm)
    throw new SetupError(
      'npm was not found beside Node or on PATH. Install it (it comes with Node), then run set-up again.',
    );
  const args = [...npm.slice(1), 'ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { code } = await withProgress(
    'Installing npm packages (npm ci)',
    () => run(npm[0], args, { cwd: root, show: true }),
    { shown: true },
  );
  if (code !== 0)
    throw new SetupError(
      `npm ci failed with code ${code}; its own message is above. ` +
        'Check the network connection and npm’s registry and proxy settings (`npm config list`), then run set-up again.',
    );
}

/** npm's command line: the npm that runs us, the one beside Node, or the one on PATH. */
export function npmCommand(env = process.env) {
  const script = npmScript(env);
  if (script) return [process.execPath, script];
  const program = onPath('npm', env.PATH);
  return program && [program];
}

/** node-gyp as npm brings it, or undefined. */
export function nodeGyp(env = process.env) {
  const scripts = [npmScript(env), npmFromLauncher(onPath('npm', env.PATH))].filter(Boolean);
  return scripts
    .map((script) => join(dirname(dirname(script)), 'node_modules', 'node-gyp', 'bin', 'node-gyp.js'))
    .find((file) => existsSync(file));
}

function npmScript(env) {
  const beside = join(dirname(dirname(process.execPath)), 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js');
  // npm_execpath may be another package manager's.
  const running = env.npm_execpath?.endsWith('npm-cli.js') ? env.npm_execpath : undefined;
  return [running, beside].find((file) => file && existsSync(file));
}

/** Where a package manager put npm elsewhere, its launcher is a link to, or names, npm-cli.js. */
function npmFromLauncher(launcher) {
  if (!launcher) return undefined;
  const real = realpathSync(launcher);
  if (real.endsWith('npm-cli.js')) return real;
  const named = /["'](\/[^"']*npm-cli\.js)["']/.exec(readFileSync(real, 'utf8'))?.[1];
  return named && existsSync(named) ? named : undefined;
}
