import { parseArgs } from 'node:util';
import { UsageError } from './failure.mjs';

export const HELP = `Usage: node scripts/setup.mjs [--gpu] [--fresh] [--quiet]      (npm run setup; sam-finetune setup)

Provides what a first run needs; what is there already is left alone, and a second run does nothing:
  1. the npm packages (npm ci; in a checkout only)
  2. TensorFlow's C libraries, from the first of: SAM_FINETUNE_TENSORFLOW; what an earlier set-up chose; the cache; a
     Python on PATH that has TensorFlow; the pinned wheel, downloaded with pip (270 MB) and checked by its SHA-256
  3. the tfjs-node-gpu addon, built against them where there is a C++ compiler
  4. the compiled sources in dist/ (in a checkout only)
TensorFlow and the addon each have to compute something before they count as set up.

Options:
  --gpu     provide TensorFlow with its CUDA packages (Linux x64, several GB)
  --fresh   forget which TensorFlow was chosen and look again; build the addon again
  --quiet   print nothing when there is nothing to do
  --help    print this

Environment:
  SAM_FINETUNE_TENSORFLOW  a folder with TensorFlow's C libraries (in a Python installation: site-packages/tensorflow),
                           or a TensorFlow wheel, which is unpacked into the cache
  SAM_FINETUNE_CACHE       where TensorFlow goes (default ~/.cache/sam-finetune)
  HTTPS_PROXY, PIP_INDEX_URL and the like are read by npm and pip as usual

Exit codes: 0 done (also when only the addon is missing), 1 failed, 2 wrong usage, 130 interrupted.
`;

/** Reads the command line. */
export function parseOptions(args) {
  const flag = { type: 'boolean', default: false };
  try {
    return parseArgs({ args, options: { gpu: flag, fresh: flag, quiet: flag, help: flag } }).values;
  } catch (error) {
    throw new UsageError(`${error.message.split('. ')[0]}. Options are --gpu, --fresh, --quiet and --help.`);
  }
}
