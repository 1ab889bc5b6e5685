import { afterAll, afterEach, beforeAll, expect, vi } from 'vitest';
import { type Served, type ServeOptions, serve } from '../../src/serve/index.js';
import { Tensor } from '../../src/tensorflow/index.js';
import { smallModel } from '../train/small-network.js';
import { temporaryFolder } from '../weights/temporary-folder.js';
import { CLASSES, SIDE } from './command-server.js';
import { picture } from './images.js';

const FORMATS = ['png', 'jpeg', 'webp', 'tiff', 'gif', 'avif'] as const;

/** A model with servers in this process: they are closed after each test, and no tensor is left. */
export function servers() {
  const folder = temporaryFolder();
  const model = smallModel({ side: SIDE, classes: CLASSES });
  const running: Served[] = [];
  /** A file of each format. */
  const files: { path: string; bytes: Buffer }[] = [];

  beforeAll(async () => {
    for (const [i, format] of FORMATS.entries()) {
      const bytes = await picture(i, { width: 60 + 9 * i, height: 50 })
        .toFormat(format)
        .toBuffer();
      files.push({ path: folder.write(`${i}.${format}`, bytes), bytes });
    }
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    for (const { close } of running.splice(0)) await close();
    expect(Tensor.liveCount).toBe(0);
  });
  afterAll(() => model.dispose());

  return {
    model,
    files,
    async started(options: ServeOptions = {}): Promise<Served> {
      const served = await serve(model, { port: 0, ...options });
      running.push(served);
      return served;
    },
    /** Lets no batch run until `release`; then, and afterwards, all do. */
    hold(): { runs: () => number; release: () => void } {
      let release = () => {};
      const released = new Promise<void>((go) => {
        release = go;
      });
      const run = model.run.bind(model);
      const spy = vi.spyOn(model, 'run').mockImplementation(async (...args) => {
        await released;
        return run(...args);
      });
      return { runs: () => spy.mock.calls.length, release };
    },
  };
}

/** `POST /predict` */
export const ask = (url: string, body: Uint8Array | FormData, query = ''): Promise<Response> =>
  fetch(`${url}/predict${query}`, { method: 'POST', body });
