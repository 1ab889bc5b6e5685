import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import koffi from 'koffi';
import sharp from 'sharp';
import { packageRoot, packageVersion } from '../../package-root.js';
import { cacheDirectory, setupCommand } from '../../tensorflow/locate.js';
import { type AddonState, addonState } from '../../tfjs/tfjs-node.js';
import { commandLine } from '../invocation.js';
import { type EngineReport, examineEngine } from './engine.js';
import { examineTools, folderBytes, type Tools } from './tools.js';

/** The state of this machine as far as the program depends on it. */
export interface Report {
  /** Whether the engine works: training, evaluation and prediction need no more. */
  ok: boolean;
  versions: Record<string, string | null>;
  tensorflow: EngineReport;
  threads: { cores: number; uvThreadpoolSize: number; intraOp: number; interOp: number };
  addon: AddonState;
  tools: Tools;
  cache: { directory: string; bytes: number };
  /** What is missing, and the command or step that provides it. */
  missing: { what: string; fix: string }[];
}

/** Node's own, where the variable is not set. */
const USUAL_POOL_SIZE = 4;

/** Examines this machine. Nothing is changed. */
export async function examine(): Promise<Report> {
  const cache = cacheDirectory();
  const [tensorflow, tools, bytes] = await Promise.all([examineEngine(), examineTools(), folderBytes(cache)]);
  const addon = addonState();
  return {
    ok: tensorflow.works,
    versions: {
      'sam-finetune': packageVersion,
      node: process.versions.node,
      tensorflow: tensorflow.version,
      'tfjs-node-gpu': versionOf('@tensorflow/tfjs-node-gpu'),
      koffi: koffi.version,
      sharp: sharp.versions.sharp ?? null,
      libvips: sharp.versions.vips,
    },
    tensorflow,
    threads: {
      cores: availableParallelism(),
      uvThreadpoolSize: Number(process.env.UV_THREADPOOL_SIZE ?? USUAL_POOL_SIZE),
      intraOp: operationThreads('TF_NUM_INTRAOP_THREADS'),
      interOp: operationThreads('TF_NUM_INTEROP_THREADS'),
    },
    addon,
    tools,
    cache: { directory: cache, bytes },
    missing: missing(tensorflow, addon, tools),
  };
}

/** TensorFlow takes one thread a core, unless its own variable says otherwise. */
function operationThreads(variable: string): number {
  const asked = Number(process.env[variable]);
  return Number.isInteger(asked) && asked > 0 ? asked : availableParallelism();
}

function versionOf(name: string): string | null {
  try {
    const require = createRequire(`${packageRoot}/package.json`);
    return (require(`${name}/package.json`) as { version: string }).version;
  } catch {
    return null;
  }
}

function missing(tensorflow: EngineReport, addon: AddonState, tools: Tools): Report['missing'] {
  const setup = setupCommand().startsWith('npm') ? setupCommand() : commandLine('setup');
  const named = process.env.SAM_FINETUNE_TENSORFLOW;
  const unset = `correct or unset SAM_FINETUNE_TENSORFLOW (${named})`;
  const hasCompiler = tools.compiler !== null && tools.make !== null;
  const install = 'apt install g++ make python3 python3-pip (Debian, Ubuntu; elsewhere by the same names)';
  const lacks: [boolean, string, string][] = [
    [!tensorflow.works, 'TensorFlow, which everything needs', named ? `${unset}, then ${setup}` : setup],
    [tools.python === null, 'python3, with which TensorFlow and pretrained weights are fetched', install],
    [
      tools.python !== null && tools.pip === null,
      'pip, with which TensorFlow and pretrained weights are fetched',
      install,
    ],
    [
      !addon.built && !hasCompiler,
      'a C++ compiler with make, for the tfjs-node-gpu addon',
      `${install}, then ${setup}`,
    ],
    [
      !addon.built && hasCompiler,
      'the tfjs-node-gpu addon, which only comparisons with tfjs need',
      `${setup} -- --fresh`,
    ],
  ];
  return lacks.filter(([isMissing]) => isMissing).map(([, what, fix]) => ({ what, fix }));
}
