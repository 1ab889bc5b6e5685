import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** A folder for the files of one test file, deleted after its last test; `write` puts a file there and gives its path. */
export function temporaryFolder(): { path: string; write(name: string, bytes: Uint8Array | string): string } {
  const path = mkdtempSync(join(tmpdir(), 'sam-finetune-test-'));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  const write = (name: string, bytes: Uint8Array | string): string => {
    writeFileSync(join(path, name), bytes);
    return join(path, name);
  };
  return { path, write };
}
