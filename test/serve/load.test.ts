import { Agent, request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answer } from '../end-to-end/answer.js';
import { compile, run } from '../end-to-end/command.js';
import { temporaryFolder } from '../weights/temporary-folder.js';
import { type CommandServer, exportSmallModel, healthOf, IDLE, startServer } from './command-server.js';
import { picture } from './images.js';

const { path: cwd, write } = temporaryFolder();
const MB = 1_000_000;
const REQUESTS = 1000;
const AT_ONCE = 50;
let model: string;
let server: CommandServer;
const images: Buffer[] = [];

beforeAll(async () => {
  compile();
  for (let i = 0; i < 12; i++) {
    const drawn = picture(i, { width: 320 + 16 * i, height: 240 });
    images.push(await drawn.toFormat((['jpeg', 'png', 'webp'] as const)[i % 3]!).toBuffer());
  }
  model = await exportSmallModel(cwd);
  server = await startServer(model, { cwd });
});

interface Answered {
  status: number;
  body: string;
}

function ask(image: Buffer, agent: Agent): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', agent, headers: { 'content-type': 'application/octet-stream' } };
    const asked = request(`${server.url}/predict?logits=true`, options, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode!, body }));
    });
    asked.on('error', reject);
    asked.end(image);
  });
}

/** Asks so many times, as many at once as there may be; gives the answers in order, and seconds. */
async function load(count: number): Promise<{ answers: Answered[]; seconds: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const answers: Answered[] = Array(count);
  let next = 0;
  const started = performance.now();
  const worker = async () => {
    for (let i = next++; i < count; i = next++) answers[i] = await ask(images[i % images.length]!, agent);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const seconds = (performance.now() - started) / 1000;
  agent.destroy();
  return { answers, seconds };
}

test('1,000 requests, 50 at a time: none fails, each gets what predict gives, and memory stays flat', async () => {
  await load(REQUESTS);
  const before = await healthOf(server.url);
  const { answers, seconds } = await load(REQUESTS);
  const after = await healthOf(server.url);
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  expect(after.counters.predictions - before.counters.predictions).toBe(REQUESTS);
  expect(after.open).toEqual(IDLE);
  const batches = after.counters.batches - before.counters.batches;
  console.info(
    `load: ${Math.round(REQUESTS / seconds)} requests a second, ${(REQUESTS / batches).toFixed(1)} a batch, ` +
      `${Math.round(before.memory / MB)} MB after the warm-up, ${Math.round(after.memory / MB)} MB at the end`,
  );
  expect(batches).toBeLessThan(REQUESTS);
  expect(after.memory - before.memory).toBeLessThan(50 * MB);

  const files = images.map((bytes, i) => write(`${i}.image`, bytes));
  const { stdout } = await run(['predict', model, ...files, '--json', '--logits'], { cwd });
  const expected = JSON.parse(stdout) as { logits: number[]; predictions: { index: number }[] }[];
  for (const [i, { body }] of answers.entries()) {
    const { logits, predictions } = JSON.parse(body) as (typeof expected)[number];
    const own = expected[i % images.length]!;
    logits.forEach((logit, k) => {
      expect(logit).toBeCloseTo(own.logits[k]!, 4);
    });
    expect(predictions.map(({ index }) => index)).toEqual(own.predictions.map(({ index }) => index));
  }
});

test('Ctrl-C answers what is under way, and ends with 0', async () => {
  const agent = new Agent({ maxSockets: AT_ONCE });
  const answers = Array.from({ length: AT_ONCE }, (_, i) => ask(images[i % images.length]!, agent));
  while ((await healthOf(server.url)).open.requests < 5) {}
  server.child.kill('SIGINT');
  const { code, stdout, stderr } = await server.ended;
  expect([code, stdout]).toEqual([0, `Listening on ${server.url}\n`]);
  expect(stderr).toMatch(/^small-model: 7 classes, 32 px\..*\nAnswering what is under way, then stopping/);
  const settled = await Promise.allSettled(answers);
  const statuses = settled.map((each) => (each.status === 'fulfilled' ? each.value.status : 0));
  // Those that were not there yet are refused; none that was is cut off.
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(5);
  expect(statuses.every((status) => [200, 503, 0].includes(status))).toBe(true);
});

afterAll(() => {
  if (server.child.exitCode === null) server.child.kill('SIGKILL');
});

test('a port that is taken ends with 2 and the way out, as does an option that is out of range', async () => {
  const other = await startServer(model, { cwd });
  const taken = await run(['serve', model, '--port', String(other.port)], { cwd });
  expect([taken.code, taken.stdout]).toEqual([2, '']);
  expect(taken.stderr).toMatch(/^error: Port \d+ of 127\.0\.0\.1 is in use\. Take another with --port/);
  const wrong = await answer(['serve', model, '--queue', 'many'], { cwd });
  expect([wrong.code, wrong.stderr]).toEqual([2, "error: Expected a number for --queue, received 'many'.\n"]);
  other.child.kill('SIGTERM');
  expect((await other.ended).code).toBe(0);
});
