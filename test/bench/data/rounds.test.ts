import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { serveRounds, startContender } from '../../../bench/data/rounds.js';

/** A program of one line that answers as a contender does. */
const program = (script: string) => startContender({ program: process.execPath, args: ['-e', script] });

const ANSWERING = `
  console.log('{"about":"a program"}');
  let round = 0;
  process.stdin.on('data', () => console.log(JSON.stringify({ images: ++round, seconds: 2, processor: 1 })));
`;

describe('a contender', () => {
  test('answers each round, and ends when it is told to', async () => {
    const contender = await program(ANSWERING);
    expect(contender.about).toBe('a program');
    expect(await contender.round()).toEqual({ images: 1, seconds: 2, processor: 1 });
    expect(await contender.round()).toEqual({ images: 2, seconds: 2, processor: 1 });
    await contender.stop();
    await expect(contender.round()).rejects.toThrow('ended (0)');
  });

  test('that cannot begin fails with what it complained about', async () => {
    await expect(program('throw new Error("no photographs here")')).rejects.toThrow('no photographs here');
    await expect(startContender({ program: '/nowhere/python', args: [] })).rejects.toThrow('ENOENT');
  });

  test('that ends in the middle of a round fails it', async () => {
    const contender = await program(
      `console.log('{"about":""}'); process.stdin.once('data', () => process.exit(3));`,
    );
    await expect(contender.round()).rejects.toThrow('ended (3): it said nothing');
    await contender.stop();
  });
});

test('rounds are served after a pass that is not timed', async () => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const passes: number[] = [];
  input.end('round\nround\n');
  await serveRounds('me', async (round) => 10 + passes.push(round), { input, output });
  output.end();
  const [ready, ...rounds] = (await text(output))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(ready).toEqual({ about: 'me' });
  expect(passes).toEqual([0, 1, 2]);
  expect(rounds.map(({ images }) => images)).toEqual([12, 13]);
  for (const { seconds, processor } of rounds) {
    expect(seconds).toBeGreaterThan(0);
    expect(processor).toBeGreaterThanOrEqual(0);
  }
});
