import { readFileSync } from 'node:fs';
import { InputError } from '../../../dist/src/errors.js';
import { readWeights } from '../../../dist/src/weights/read.js';

// Reads the files or folders that a list names, one after the other, and tells of each on a line of its own. It is a
// program so that a crash, a hang and memory that grows are seen from outside, and takes what is compiled, as users do.
const paths = JSON.parse(readFileSync(process.argv[2], 'utf8'));
for (const [index, path] of paths.entries()) {
  const start = performance.now();
  const outcome = await read(path);
  const { rss } = process.memoryUsage();
  const ms = performance.now() - start;
  console.log(JSON.stringify({ index, ms, rss, ...outcome }));
}

async function read(path) {
  try {
    const { tensors } = await readWeights(path);
    return { kind: 'read', message: `${tensors.size} tensors` };
  } catch (error) {
    if (error instanceof InputError) return { kind: 'refused', message: error.message };
    return { kind: 'failed', message: error.stack ?? String(error) };
  }
}
