import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeGyp } from './dependencies.mjs';
import { cacheDirectory, readJson } from './files.mjs';
import { headersPrefix } from './headers.mjs';
import { fingerprint, hasCuda, libraryNames } from './layout.mjs';
import { lastLines, onPath, run } from './processes.mjs';
import { pythons } from './python.mjs';
import { withProgress } from './report.mjs';
import { addonPackage, packageFolder, readState, updateState } from './state.mjs';

const CHECK = fileURLToPath(new URL('check-addon.mjs', import.meta.url));
const TOOLS =
  'Install g++, make and python3 (Debian and Ubuntu: apt install g++ make python3) and run set-up again';

/** What the built addon depends on. A compiler that comes later is a reason to try again. */
export function addonKey(root, directory) {
  const { version } = readJson(join(addonPackage(root) ?? root, 'package.json'));
  return `${fingerprint(directory)} abi ${process.versions.modules} addon ${version} compiler ${compiler() ?? 'none'}`;
}

/** What an earlier run found: `{ built, reason? }`, or undefined where it has to be built (again). */
export function recordedAddon(root, directory) {
  const { addon } = readState(root);
  return addon?.key === addonKey(root, directory) ? addon : undefined;
}

/**
 * Builds the tfjs-node-gpu addon against TensorFlow and has it compute something. The engine does without it, so
 * whatever fails here is told, and set-up goes on.
 *
 * @returns `{ built, reason? }`
 */
export async function provideAddon(root, directory, { fresh }) {
  const recorded = fresh ? undefined : recordedAddon(root, directory);
  if (recorded) return recorded;
  const reason = await build(root, directory);
  const addon = { key: addonKey(root, directory), built: !reason, reason };
  updateState(root, { addon });
  return addon;
}

/** Builds; gives the reason where that is not possible. */
async function build(root, directory) {
  const folder = addonPackage(root);
  if (!folder) return 'the package @tensorflow/tfjs-node-gpu is not installed';
  if (!existsSync(join(directory, 'include', 'tensorflow', 'c', 'c_api.h')))
    return `there are no TensorFlow headers in ${directory}/include`;
  if (!compiler()) return `there is no C++ compiler (g++ and make) on this machine. ${TOOLS}`;
  const [python] = await pythons();
  if (!python) return `its build needs python3. ${TOOLS}`;
  const gyp = nodeGyp();
  if (!gyp) return 'node-gyp, which npm brings, was not found. Install npm and run set-up again';
  try {
    linkTensorFlow(folder, directory);
  } catch (error) {
    return `${folder} cannot be written to (${error.code})`;
  }
  return (await compileAddon(folder, { gyp, python })) ?? (await checkAddon(root));
}

/** Puts links to TensorFlow where the addon's build and its run path look for it. */
export function linkTensorFlow(folder, directory, platform = process.platform) {
  const deps = join(folder, 'deps');
  rmSync(deps, { recursive: true, force: true });
  mkdirSync(join(deps, 'lib'), { recursive: true });
  const { cc, framework } = libraryNames(platform);
  const [unversioned, versioned] = platform === 'darwin' ? ['dylib', '2.dylib'] : ['so', 'so.2'];
  const links = {
    [`lib/libtensorflow.${unversioned}`]: cc,
    [`lib/libtensorflow.${versioned}`]: cc,
    // The name that the library gives itself: it is what the built addon asks for.
    [`lib/${cc}`]: cc,
    [`lib/libtensorflow_framework.${unversioned}`]: framework,
    [`lib/${framework}`]: framework,
    include: 'include',
  };
  for (const [name, target] of Object.entries(links)) symlinkSync(join(directory, target), join(deps, name));
  // The GPU build looks for CUDA relative to where it is loaded from.
  if (hasCuda(directory)) symlinkSync(join(dirname(directory), 'nvidia'), join(deps, 'nvidia'));
}

async function compileAddon(folder, { gyp, python }) {
  const preGyp = packageFolder(folder, '@mapbox/node-pre-gyp');
  if (!preGyp) return 'the package @mapbox/node-pre-gyp is not installed';
  const headers = headersPrefix();
  const env = {
    npm_config_node_gyp: gyp,
    npm_config_python: python,
    ...(headers && { npm_config_nodedir: headers, npm_package_config_node_gyp_nodedir: headers }),
  };
  const args = [join(preGyp, 'bin', 'node-pre-gyp'), 'install', '--build-from-source'];
  // An addon from before must not pass for the new one.
  for (const name of ['build', 'lib']) rmSync(join(folder, name), { recursive: true, force: true });
  const work = () => run(process.execPath, args, { cwd: folder, env });
  const { code, stdout, stderr } = await withProgress('Building the tfjs-node-gpu addon', work);
  if (code === 0) return undefined;
  const log = join(cacheDirectory(), 'logs', 'tfjs-node-gpu-build.log');
  mkdirSync(dirname(log), { recursive: true });
  writeFileSync(log, `${stdout}\n${stderr}`);
  return `its build failed (the output is in ${log})`;
}

async function checkAddon(root) {
  const folder = packageFolder(root, '@tensorflow/tfjs-node-gpu');
  const entry = createRequire(join(root, 'package.json')).resolve(folder);
  const { code, signal, stderr } = await run(process.execPath, [CHECK, entry], {
    cwd: root,
    env: { TF_CPP_MIN_LOG_LEVEL: '3' },
  });
  if (code === 0) return undefined;
  return `it was built, but could not compute (${lastLines(stderr, 1).trim() || signal || `code ${code}`})`;
}

/** The C++ compiler, where there is make too. */
function compiler() {
  if (!onPath('make')) return undefined;
  if (process.env.CXX) return process.env.CXX;
  return ['g++', 'c++', 'clang++'].map((name) => onPath(name)).find(Boolean);
}
