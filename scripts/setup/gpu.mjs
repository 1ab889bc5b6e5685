import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { downloadWheel, NETWORK } from './download.mjs';
import { SetupError } from './failure.mjs';
import { folderBytes, publishFolder, withStaging, writeJson } from './files.mjs';
import { isUnpacked, libraryNames } from './layout.mjs';
import { lastLines, run } from './processes.mjs';
import { unpack } from './python.mjs';
import { megabytes, withProgress } from './report.mjs';

/** The CUDA packages that TensorFlow 2.21.0 asks for in its `and-cuda` extra. */
export const CUDA_PACKAGES = [
  'nvidia-cublas-cu12>=12.5.3.2,<13.0',
  'nvidia-cuda-cupti-cu12>=12.5.82,<13.0',
  'nvidia-cuda-nvcc-cu12>=12.5.82,<13.0',
  'nvidia-cuda-nvrtc-cu12>=12.5.82,<13.0',
  'nvidia-cuda-runtime-cu12>=12.5.82,<13.0',
  'nvidia-cudnn-cu12>=9.3.0.75,<10.0',
  'nvidia-cufft-cu12>=11.2.3.61,<12.0',
  'nvidia-curand-cu12>=10.3.6.82,<11.0',
  'nvidia-cusolver-cu12>=11.6.3.83,<12.0',
  'nvidia-cusparse-cu12>=12.5.1.3,<13.0',
  'nvidia-nccl-cu12>=2.27.7,<3.0',
  'nvidia-nvjitlink-cu12>=12.5.82,<13.0',
];

/** pip's arguments that lay the CUDA packages out in a folder as in site-packages. */
export function cudaArguments(folder) {
  return [
    ...[
      '-m',
      'pip',
      'install',
      '--no-deps',
      '--only-binary=:all:',
      '--no-input',
      '--disable-pip-version-check',
    ],
    ...['--no-compile', '--target', folder, ...CUDA_PACKAGES],
  ];
}

/**
 * Provides the GPU build in `<parent>/tensorflow-gpu-<version>/`: `tensorflow/` with the libraries, and `nvidia/`
 * beside it, where the libraries look for CUDA (`$ORIGIN/../nvidia/...`). Several gigabytes.
 *
 * @returns the folder with TensorFlow's libraries
 */
export async function downloadGpu(python, wheel, parent, build) {
  const target = join(parent, `tensorflow-gpu-${wheel.version}`);
  const isWhole = (folder) => isUnpacked(join(folder, 'tensorflow'));
  await withStaging(parent, async (staging) => {
    const file = await downloadWheel(python, wheel, staging);
    await publishFolder(target, isWhole, async (folder) => {
      const directory = join(folder, 'tensorflow');
      mkdirSync(directory);
      const unpacking = () => unpack(python, file, directory, Object.values(libraryNames()));
      const problem = await withProgress(`Unpacking ${wheel.file}`, unpacking);
      if (problem)
        throw new SetupError(`Unpacking ${wheel.file} failed: ${problem}. Is there room on the disk?`);
      await installCuda(python, folder, staging);
      writeJson(join(directory, 'build.json'), build);
    });
  });
  return join(target, 'tensorflow');
}

async function installCuda(python, folder, temporary) {
  const installing = () => run(python, cudaArguments(folder), { env: { TMPDIR: temporary } });
  const soFar = () => megabytes(folderBytes(folder) + folderBytes(temporary));
  const { code, stderr } = await withProgress('Downloading the CUDA packages with pip', installing, {
    measure: soFar,
  });
  if (code !== 0)
    throw new SetupError(
      `pip could not install the CUDA packages (code ${code}):\n${lastLines(stderr)}\n${NETWORK}`,
    );
}
