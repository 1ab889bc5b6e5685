import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot, packageVersion } from '../src/package-root.js';

test('finds the folder of this package and its version', () => {
  expect(existsSync(join(packageRoot, 'src/package-root.ts'))).toBe(true);
  const manifest = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string };
  expect(packageVersion).toBe(manifest.version);
});
