import { SetupError } from './failure.mjs';

/** The TensorFlow that set-up downloads. */
export const VERSION = '2.21.0';

/** Oldest and newest TensorFlow that the engine and the addon were tried with, as [major, minor]. */
const TRIED = { oldest: [2, 18], newest: [2, 21] };

const wheel = (name, platform, sha256) => ({
  name,
  version: VERSION,
  platform,
  file: `${name.replaceAll('-', '_')}-${VERSION}-cp311-cp311-${platform}.whl`,
  sha256,
});

/** One wheel a platform, whatever Python the machine has: only the C libraries inside are used. */
const WHEELS = {
  'linux-x64': wheel(
    'tensorflow-cpu',
    'manylinux_2_27_x86_64',
    '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
  ),
  'linux-arm64': wheel(
    'tensorflow',
    'manylinux_2_27_aarch64',
    '4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c',
  ),
  'darwin-arm64': wheel(
    'tensorflow',
    'macosx_12_0_arm64',
    '51f46f4806139d01fc7920cc72a4c75876f80649bf40ff083ab6212ceb43ca88',
  ),
};

/** The build with CUDA kernels. */
const GPU_WHEELS = {
  'linux-x64': wheel(
    'tensorflow',
    'manylinux_2_27_x86_64',
    '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
  ),
};

const OWN = 'Set SAM_FINETUNE_TENSORFLOW to a folder that holds TensorFlow’s C libraries if you have some.';

/**
 * The wheel for a platform.
 *
 * @param platform as in `process.platform`
 * @param arch as in `process.arch`
 */
export function pinnedWheel(platform, arch, { gpu = false } = {}) {
  if (platform === 'win32')
    throw new SetupError(
      'Windows is not supported: TensorFlow has no C library there. Use WSL (Windows Subsystem for Linux).',
    );
  const table = gpu ? GPU_WHEELS : WHEELS;
  const found = table[`${platform}-${arch}`];
  if (found) return found;
  if (gpu)
    throw new SetupError(
      `There is no GPU build of TensorFlow for ${platform}-${arch}, only for linux-x64. Run set-up without --gpu.`,
    );
  throw new SetupError(
    `There is no TensorFlow ${VERSION} for ${platform}-${arch}, only for ${Object.keys(table).join(', ')}. ${OWN}`,
  );
}

/** Whether a version, for example `2.19.1`, is one that was tried. */
export function isTried(version) {
  const [major, minor] = version.split('.').map(Number);
  return major === TRIED.oldest[0] && minor >= TRIED.oldest[1] && minor <= TRIED.newest[1];
}

/** The versions that were tried, as text. */
export const TRIED_VERSIONS = `${TRIED.oldest.join('.')} to ${TRIED.newest.join('.')}`;

/** Name and version from a wheel's file name, or undefined where it is not the name of a TensorFlow wheel. */
export function parseWheelName(file) {
  const match = /^(tensorflow(?:_[a-z]+)*)-(\d[^-]*)(?:-\d[^-]*)?-[^-]+-[^-]+-[^-]+\.whl$/.exec(file);
  return match ? { name: match[1].replaceAll('_', '-'), version: match[2] } : undefined;
}
