import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { InputError } from '../../src/errors.js';
import { serve } from '../../src/serve/index.js';
import { servers } from './in-process.js';

const { model, started } = servers();

test('the address is loopback unless told: this machine cannot be reached by its other addresses', async () => {
  const { url } = await started();
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  const others = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4');
  for (const { address } of others)
    await expect(fetch(url.replace('127.0.0.1', address))).rejects.toThrow('fetch failed');
  const { url: open } = await started({ host: '0.0.0.0' });
  for (const { address } of others)
    expect((await fetch(`${open.replace('0.0.0.0', address)}/health`)).status).toBe(200);
});

test('an address that is taken is an error that says the way out', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((go) => taken.once('listening', go));
  const { port } = taken.address() as { port: number };
  const refused = serve(model, { port });
  await expect(refused).rejects.toThrow(`Port ${port} of 127.0.0.1 is in use. Take another with --port`);
  await expect(refused).rejects.toBeInstanceOf(InputError);
  taken.close();
});

test('an address that is none of this machine is an error that names it', async () => {
  await expect(serve(model, { host: '192.0.2.1', port: 0 })).rejects.toThrow(
    /address of this machine, as 127\.0\.0\.1 for --host, received '192\.0\.2\.1'/,
  );
});
