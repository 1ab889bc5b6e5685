import { expect, test, vi } from 'vitest';
import { healthOf, IDLE } from './command-server.js';
import { ask, servers } from './in-process.js';
import { exchange, post } from './raw-client.js';

const { model, files, started, hold } = servers();

/** What is under way in a server, asked again and again. */
const openOf = (url: string) => async () => (await healthOf(url)).open;

test('a full queue sends away with 503 and when to come again, and takes more afterwards', async () => {
  const { url } = await started({ queue: 2 });
  const { release } = hold();
  const { bytes } = files[0]!;
  const taken = [ask(url, bytes), ask(url, bytes)];
  await expect.poll(openOf(url)).toMatchObject({ requests: 2, running: 1, waiting: 1 });
  const refused = await ask(url, bytes);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
  expect(await refused.json()).toEqual({
    status: 503,
    error: '2 images are waiting already. Try again in a moment.',
  });
  release();
  expect((await Promise.all(taken)).map(({ status }) => status)).toEqual([200, 200]);
  expect((await ask(url, bytes)).status).toBe(200);
});

test('a client that goes away while it waits leaves the line, and its image is not run', async () => {
  const { url } = await started();
  const { runs, release } = hold();
  const first = ask(url, files[0]!.bytes);
  await expect.poll(openOf(url)).toMatchObject({ running: 1 });
  let hangUp = () => {};
  const left = exchange(Number(new URL(url).port), (socket) => {
    socket.write(post(files[1]!.bytes));
    hangUp = () => socket.destroy();
  });
  await expect.poll(openOf(url)).toMatchObject({ waiting: 1 });
  hangUp();
  expect(await left).toBeUndefined();
  await expect.poll(openOf(url)).toEqual({ ...IDLE, requests: 1, running: 1 });
  release();
  expect((await first).status).toBe(200);
  expect(runs()).toBe(1);
  expect((await healthOf(url)).counters).toMatchObject({ gone: 1, predictions: 1 });
});

test('what fails in the server is told to its owner, and to the client only that it did', async () => {
  const errors: unknown[] = [];
  const { url } = await started({ onError: (error) => errors.push(error) });
  vi.spyOn(model, 'run').mockRejectedValueOnce(new Error('secret of the engine'));
  const response = await ask(url, files[0]!.bytes);
  expect(response.status).toBe(500);
  expect(await response.text()).toBe('{"status":500,"error":"The server failed. Its log says why."}\n');
  expect(errors).toEqual([new Error('secret of the engine')]);
  expect((await ask(url, files[0]!.bytes)).status).toBe(200);
});

test('close answers what is under way, ends idle connections, and may be called twice', async () => {
  const { url, close } = await started();
  const { release } = hold();
  const idle = exchange(Number(new URL(url).port), () => {});
  const answers = files.map(({ bytes }) => ask(url, bytes));
  await expect.poll(openOf(url)).toMatchObject({ requests: files.length });
  const closed = Promise.all([close(), close()]);
  await expect(fetch(`${url}/health`)).rejects.toThrow('fetch failed');
  release();
  const answered = await Promise.all(answers);
  expect(answered.map(({ status }) => status)).toEqual(files.map(() => 200));
  expect(answered[0]!.headers.get('connection')).toBe('close');
  await closed;
  expect(await idle).toBeUndefined();
});
