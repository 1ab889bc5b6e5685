import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

/**
 * Starts a thread of this folder that works with the library of HDF5.
 *
 * @param name its file, without an extension
 */
export function startThread(name: string, workerData: unknown): Worker {
  const options = { workerData, stdout: true, stderr: true, execArgv: [] };
  const built = new URL(`./${name}.js`, import.meta.url);
  if (existsSync(fileURLToPath(built))) return new Worker(built, options);
  // In a checkout that is not built, threads read TypeScript by way of tsx; the library comes first, as it is.
  const [library, loader] = ['h5wasm/node', 'tsx/esm/api'].map((each) => import.meta.resolve(each));
  const source = new URL(`./${name}.ts`, import.meta.url).href;
  const start = `import('${library}').then(() => import('${loader}')).then(({ register }) => {
    register();
    return import('${source}');
  });`;
  return new Worker(start, { ...options, eval: true });
}
