import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root =
  process.env.SAM_FINETUNE_TEST_DATA ?? fileURLToPath(new URL('../../shared/data', import.meta.url));

/** Path of a file or folder of the test data, or undefined where the test data is not on this machine. */
export function testData(relativePath: string): string | undefined {
  const path = join(root, relativePath);
  return existsSync(path) ? path : undefined;
}
