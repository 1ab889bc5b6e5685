import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { InputError } from '../errors.js';
import { library, unlessAsked } from '../tensorflow/library.js';
import { locateTensorFlow, setupCommand } from '../tensorflow/locate.js';

type TfjsNode = typeof import('@tensorflow/tfjs-node-gpu');

/** Whether tfjs-node's native addon is there. */
export interface AddonState {
  built: boolean;
  /** Where the addon is, or would be. */
  path: string;
  /** Why it is not usable. */
  reason?: string;
}

const PACKAGE = '@tensorflow/tfjs-node-gpu';
const require = createRequire(import.meta.url);
let loaded: Promise<TfjsNode> | undefined;

/** Looks whether set-up has built tfjs-node's addon, and whether the TensorFlow that it was built against is still there. */
export function addonState(): AddonState {
  let folder: string;
  try {
    folder = dirname(require.resolve(`${PACKAGE}/package.json`));
  } catch {
    return { built: false, path: PACKAGE, reason: `the package ${PACKAGE} is not installed` };
  }
  return addonStateIn(folder);
}

/** The same for a given folder of the package. */
export function addonStateIn(folder: string): AddonState {
  const path = join(folder, 'lib', `napi-v${napiVersion(folder)}`, 'tfjs_binding.node');
  const missing = (reason: string): AddonState => ({ built: false, path, reason });
  const recorded = readJson(join(folder, 'sam-finetune.json')) as { addon?: { reason?: string } };
  if (recorded.addon?.reason) return missing(recorded.addon.reason);
  if (!existsSync(path)) return missing('it is not built yet');
  const lost = ['cc', 'framework'].find((name) => !linkedLibrary(folder, name));
  return lost ? missing('the TensorFlow that it was built against is gone') : { built: true, path };
}

/**
 * Loads tfjs with its native TensorFlow backend: for what needs tfjs itself, such as comparing with its eager mode.
 * The addon and the engine use the same TensorFlow in one process.
 *
 * @throws InputError where the addon is missing; nothing else in this package needs it
 * @example const tf = await loadTfjsNode();
 */
export function loadTfjsNode(): Promise<TfjsNode> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<TfjsNode> {
  const { built, path, reason } = addonState();
  if (!built)
    throw new InputError(
      `This needs the tfjs-node-gpu addon, which is missing at '${path}': ${reason}. ` +
        `Run \`${setupCommand()}\`, which builds it where there is a C++ compiler.`,
    );
  refuseSecondTensorFlow();
  restoreUtil();
  // The engine goes first: it loads TensorFlow from where it lies, and the addon then finds it loaded.
  library();
  // The backend starts while the package loads, and greets the terminal past its log level.
  return unlessAsked(() => require(PACKAGE) as TfjsNode);
}

/** Two copies of TensorFlow in one process end in a crash: the addon's must be the engine's. */
function refuseSecondTensorFlow(): void {
  const linked = linkedLibrary(dirname(require.resolve(`${PACKAGE}/package.json`)), 'cc');
  const { cc } = locateTensorFlow().libraries;
  if (linked === realpathSync(cc)) return;
  throw new InputError(
    `The tfjs-node-gpu addon was built against '${linked}', but TensorFlow in use is '${cc}'. Run \`${setupCommand()}\`.`,
  );
}

/** Puts back what Node 23 removed from `util` and tfjs-node still calls; only what is missing. */
export function restoreUtil(): void {
  const util = require('node:util') as Record<string, unknown>;
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
}

/** The real path of a TensorFlow library that the addon is linked to, or undefined where the link leads nowhere. */
function linkedLibrary(folder: string, name: string): string | undefined {
  const file = `libtensorflow_${name}.${process.platform === 'darwin' ? '2.dylib' : 'so.2'}`;
  const link = join(folder, 'deps', 'lib', file);
  return existsSync(link) ? realpathSync(link) : undefined;
}

/** The Node-API version that the addon is built for: the newest that both the package and this Node know. */
function napiVersion(folder: string): number {
  const { binary } = readJson(join(folder, 'package.json')) as { binary?: { napi_versions?: number[] } };
  const supported = Number(process.versions.napi);
  return Math.max(...(binary?.napi_versions ?? []).filter((version) => version <= supported));
}

function readJson(file: string): object {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
