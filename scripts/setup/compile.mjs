import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError } from './failure.mjs';
import { hashOfText, readJson, writeJson } from './files.mjs';
import { run } from './processes.mjs';
import { withProgress } from './report.mjs';

const SOURCES = ['src', 'models', 'pipelines', 'bench', 'tsconfig.json', 'tsconfig.build.json'];

const stampFile = (root) => join(root, 'dist', 'build.json');

/** Whether dist/ was compiled from the sources as they are. */
export const isCompiled = (root) => readJson(stampFile(root)).sources === sourcesHash(root);

/** Compiles TypeScript to dist/, where a source has changed since. */
export async function provideCompiled(root) {
  const sources = sourcesHash(root);
  if (readJson(stampFile(root)).sources === sources) return;
  // What was compiled from sources that are gone must not stay; and without a stamp, an interrupted build is none.
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  const typescript = join(root, 'node_modules', 'typescript');
  const tsc = join(typescript, readJson(join(typescript, 'package.json')).bin?.tsc ?? 'bin/tsc');
  const args = [tsc, '-p', 'tsconfig.build.json'];
  const { code } = await withProgress(
    'Compiling TypeScript',
    () => run(process.execPath, args, { cwd: root, show: true }),
    { shown: true },
  );
  if (code !== 0)
    throw new SetupError(
      'TypeScript did not compile; the errors are above. Correct them and run set-up again.',
    );
  writeJson(stampFile(root), { sources });
}

/** Names, sizes and times of all sources: a file that is gone counts as a change too. */
function sourcesHash(root) {
  const lines = [];
  const visit = (path) => {
    const file = join(root, path);
    if (!existsSync(file)) return;
    const { mtimeMs, size } = statSync(file);
    if (statSync(file).isDirectory()) for (const name of readdirSync(file).sort()) visit(join(path, name));
    else lines.push(`${path} ${size} ${mtimeMs}`);
  };
  for (const source of SOURCES) visit(source);
  return hashOfText(lines.join('\n'));
}
