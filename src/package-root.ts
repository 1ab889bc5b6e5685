import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NAME = 'sam-finetune';

/** Walks up from this file, so that it works from `src/` and from `dist/src/` alike. */
function locate(): { root: string; version: string } {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest)) {
      const { name, version } = JSON.parse(readFileSync(manifest, 'utf8')) as {
        name?: string;
        version?: string;
      };
      if (name === NAME) return { root: folder, version: version ?? '0.0.0' };
    }
    const parent = dirname(folder);
    if (parent === folder)
      throw new Error(`No package.json of ${NAME} above ${fileURLToPath(import.meta.url)}.`);
    folder = parent;
  }
}

const located = locate();

/** Absolute path of the folder that holds this package's package.json. */
export const packageRoot: string = located.root;

/** Version of this package. */
export const packageVersion: string = located.version;
