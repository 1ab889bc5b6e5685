import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compile } from '../end-to-end/command.js';
import { temporaryFolder } from '../weights/temporary-folder.js';
import { type CommandServer, exportSmallModel, healthOf, IDLE, startServer } from './command-server.js';
import { hostileRequests } from './hostile-requests.js';
import { picture } from './images.js';
import { exchange, post } from './raw-client.js';

const { path: cwd } = temporaryFolder();
const requests = await hostileRequests();
const MB = 1_000_000;
const LIMITS = ['--max-bytes', '1000000', '--max-pixels', '1000000', '--timeout', '1'];
let server: CommandServer;
let image: Buffer;

beforeAll(async () => {
  compile();
  image = await picture(2).png().toBuffer();
  server = await startServer(await exportSmallModel(cwd), { cwd, args: LIMITS });
});

afterAll(async () => {
  server.child.kill('SIGTERM');
  const { code, stderr } = await server.ended;
  expect(code).toBe(0);
  // Nothing that a client sends is a fault of the server.
  expect(stderr.split('\n').length).toBe(3);
});

const send = ([, , sent]: (typeof requests)[number]) => exchange(server.port, sent);

/** The server answers as before, with nothing left under way. */
async function expectWell(): Promise<void> {
  const answer = await exchange(server.port, post(image));
  expect(answer?.status).toBe(200);
  expect(JSON.parse(answer!.body)).toMatchObject({ predictions: expect.any(Array) });
  await expect.poll(async () => (await healthOf(server.url)).open).toEqual(IDLE);
}

describe('a hostile request gets its answer, and the server is as good as before', () => {
  test.each(requests)('%s', async (name, status, sent) => {
    const answer = await send([name, status, sent]);
    expect(answer?.status).toBe(status);
    if (answer) {
      expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
      const { error, ...rest } = JSON.parse(answer.body) as { error: string };
      expect(rest).toEqual({ status });
      // Two sentences: what is wrong, and the way out.
      expect(error).toMatch(/\. .*\.$|^Expected .*\.$/);
      expect(error).not.toMatch(/\n|node_modules|\.[jt]s\b|undefined/);
      if (status === 405) expect(answer.headers.allow).toMatch(/OPTIONS/);
    }
    await expectWell();
  });
});

test('all of them again, at the same time, leave memory as it is', async () => {
  // Whoever sends 100 MB does nothing else meanwhile.
  const isLarge = ([name]: (typeof requests)[number]) => /^100 MB/.test(name);
  const groups = requests.filter(isLarge).map((request) => [request]);
  const small = requests.filter((request) => !isLarge(request));
  for (let i = 0; i < small.length; i += 10) groups.push(small.slice(i, i + 10));
  const round = async () => {
    for (const group of groups) {
      const answers = await Promise.all(group.map(send));
      expect(answers.map((answer) => answer?.status)).toEqual(group.map(([, status]) => status));
    }
    await expectWell();
    return (await healthOf(server.url)).memory;
  };
  await round();
  const before = await round();
  let after = before;
  for (let i = 0; i < 3; i++) after = await round();
  console.info(`hostile rounds: ${(before / MB).toFixed(0)} MB before, ${(after / MB).toFixed(0)} MB after`);
  expect(after - before).toBeLessThan(50 * MB);
});
