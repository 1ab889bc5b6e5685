import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { downloadWheel, wayOut } from './download.mjs';
import { SetupError } from './failure.mjs';
import {
  cacheDirectory,
  folderBytes,
  publishFolder,
  readJson,
  sha256Of,
  withStaging,
  writeJson,
} from './files.mjs';
import { downloadGpu } from './gpu.mjs';
import { hasCuda, isUnpacked, librariesIn, libraryNames, versionOf } from './layout.mjs';
import { installedTensorFlow, pythons, pythonWithPip, unpack } from './python.mjs';
import { megabytes, say, withProgress } from './report.mjs';
import { isTried, parseWheelName, pinnedWheel, TRIED_VERSIONS } from './wheels.mjs';

/** The folder for everything about TensorFlow. */
export const tensorflowFolder = () => join(cacheDirectory(), 'tensorflow');

/** The record of the TensorFlow in use. */
export const currentFile = () => join(tensorflowFolder(), 'current.json');

const names = () => Object.values(libraryNames()).join(' and ');

/** What `SAM_FINETUNE_TENSORFLOW` names: a folder is used in place, a wheel file is unpacked into the cache. */
export async function fromEnvironment() {
  const path = resolve(process.env.SAM_FINETUNE_TENSORFLOW);
  if (!existsSync(path))
    throw new SetupError(
      `SAM_FINETUNE_TENSORFLOW names '${path}', which does not exist. Name a folder with ${names()}, or a TensorFlow wheel.`,
    );
  if (statSync(path).isFile()) return fromWheelFile(path);
  const directory = librariesIn(path);
  if (directory)
    return { directory, version: versionOf(directory), source: 'environment', gpu: hasCuda(directory) };
  throw new SetupError(
    `SAM_FINETUNE_TENSORFLOW names '${path}', which does not hold ${names()}. ` +
      'Name the folder that does (in a Python installation: site-packages/tensorflow), or a TensorFlow wheel.',
  );
}

async function fromWheelFile(wheel) {
  const named = parseWheelName(basename(wheel));
  if (!named)
    throw new SetupError(
      `SAM_FINETUNE_TENSORFLOW names '${wheel}', which is not a TensorFlow wheel. Name a folder or a tensorflow*.whl file.`,
    );
  const sha256 = await sha256Of(wheel);
  const folder = tensorflowFolder();
  const known = unpackedFolders().find(
    (directory) => readJson(join(directory, 'build.json')).sha256 === sha256,
  );
  const directory = known ?? join(folder, `${named.name}-${named.version}-${sha256.slice(0, 12)}`);
  const build = { ...named, source: 'environment', gpu: false, wheel, sha256 };
  if (!known) await unpackWheel(await anyPython(), wheel, directory, build);
  return { directory, version: named.version, source: 'environment', gpu: false, wheel, sha256 };
}

/** A TensorFlow that an earlier set-up unpacked: the pinned one first. */
export function fromCache({ gpu }) {
  const usable = unpackedFolders()
    .map((directory) => ({ directory, ...readJson(join(directory, 'build.json')) }))
    .filter((build) => isTried(build.version) && Boolean(build.gpu) === gpu);
  const pinned = pinnedWheel(process.platform, process.arch, { gpu });
  const found = usable.find(({ sha256 }) => sha256 === pinned.sha256) ?? usable[0];
  return (
    found && {
      directory: found.directory,
      version: found.version,
      source: 'cache',
      gpu,
      sha256: found.sha256,
    }
  );
}

/** The TensorFlow of a Python on PATH, used in place. Says why one is passed over. */
export async function fromPython({ gpu }) {
  for (const place of await installedTensorFlow()) {
    const directory = librariesIn(place);
    const version = directory && versionOf(directory);
    const passOver = (reason) => say(`TensorFlow in ${place} is not used: ${reason}.`);
    if (!directory) passOver(`it has no ${names()}`);
    else if (!version || !isTried(version))
      passOver(`it is version ${version ?? 'unknown'}; tried are ${TRIED_VERSIONS}`);
    else if (gpu && !hasCuda(directory)) passOver('it comes without the CUDA packages');
    else return { directory, version, source: 'python', gpu: hasCuda(directory) };
  }
  return undefined;
}

/** Fetches the pinned wheel with pip and unpacks it into the cache. */
export async function fromDownload({ gpu }) {
  const wheel = pinnedWheel(process.platform, process.arch, { gpu });
  const python = await pythonWithPip();
  if (!python)
    throw new SetupError(
      `TensorFlow comes as a Python wheel, and there is no python3 with pip on this machine to fetch it. ` +
        `Install them (Debian and Ubuntu: apt install python3-pip) and run set-up again.\n${wayOut(wheel)}`,
    );
  const build = { name: wheel.name, version: wheel.version, source: 'download', gpu, sha256: wheel.sha256 };
  const directory = gpu
    ? await downloadGpu(python, wheel, tensorflowFolder(), build)
    : join(tensorflowFolder(), `${wheel.name}-${wheel.version}`);
  if (!gpu)
    await withStaging(tensorflowFolder(), async (staging) => {
      await unpackWheel(python, await downloadWheel(python, wheel, staging), directory, build);
    });
  return { directory, version: wheel.version, source: 'download', gpu, sha256: wheel.sha256 };
}

/** Unpacks the C libraries and headers of a wheel into a folder; the folder is there only when it is whole. */
async function unpackWheel(python, wheel, directory, build) {
  await publishFolder(directory, isUnpacked, async (folder) => {
    const work = () => unpack(python, wheel, folder, Object.values(libraryNames()));
    const problem = await withProgress(`Unpacking ${basename(wheel)}`, work, {
      measure: () => megabytes(folderBytes(folder)),
    });
    if (problem)
      throw new SetupError(
        `Unpacking '${wheel}' failed: ${problem}. Is it whole, for this platform, and is there room on the disk?`,
      );
    writeJson(join(folder, 'build.json'), build);
  });
}

function unpackedFolders() {
  const folder = tensorflowFolder();
  if (!existsSync(folder)) return [];
  const places = readdirSync(folder).filter((name) => !name.startsWith('.'));
  return places.flatMap((name) => [join(folder, name), join(folder, name, 'tensorflow')]).filter(isUnpacked);
}

async function anyPython() {
  const [python] = await pythons();
  if (python) return python;
  throw new SetupError(
    'Unpacking a wheel needs python3, which is not on PATH. Install it, or unpack the wheel yourself and name the folder.',
  );
}
