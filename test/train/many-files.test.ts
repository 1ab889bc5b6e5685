import { linkSync, mkdirSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { checkImages } from '../../src/data/check.js';
import { loadTask } from '../../src/data/tasks/index.js';
import { Tensor } from '../../src/tensorflow/index.js';
import { fineTune } from '../../src/train/index.js';
import { temporaryFolder } from '../data/fixtures.js';
import { smallModel } from './small-network.js';

const COUNT = 100_000;
const isAsked = process.env.SAM_FINETUNE_LONG === '1' && statfsSync(tmpdir()).ffree > 2 * COUNT;

test.skipIf(!isAsked)(
  '100,000 tiny files: start, two epochs, flat memory',
  { timeout: 3_600_000 },
  async () => {
    const folder = temporaryFolder();
    for (const name of ['class 0', 'class 1']) {
      mkdirSync(join(folder, name));
      const background = name === 'class 0' ? 'red' : 'blue';
      const first = join(folder, name, '0.jpg');
      await sharp({ create: { width: 24, height: 24, channels: 3, background } })
        .jpeg()
        .toFile(first);
      // One file under many names: what counts is how many are listed, opened and decoded.
      for (let i = 1; i < COUNT / 2; i++) linkSync(first, join(folder, name, `${i}.jpg`));
    }
    const started = performance.now();
    const task = await loadTask(folder, { validationFraction: 0.01 });
    if (task.train.source.kind !== 'encoded') throw new Error('expected encoded images');
    await checkImages(task.train.source.images);
    const seconds = (performance.now() - started) / 1000;
    const memory: number[] = [];
    let firstStep = 0;
    const training = performance.now();
    const result = await fineTune(
      smallModel({ classes: 2 }),
      task,
      { batchSize: 100, epochs: 2, sam: 'none', augment: ['flip'], cache: 'none', warmupEpochs: 0 },
      {
        onEvent: (event) => {
          if (event.event !== 'step') return;
          firstStep ||= performance.now();
          if (event.step % 20 === 0) memory.push(process.memoryUsage().rss / 2 ** 20);
        },
      },
    );
    await result.model.dispose();
    const rate = (result.steps * 100) / ((performance.now() - firstStep) / 1000);
    console.log(
      `listed and checked in ${seconds.toFixed(1)} s, first step after ${((firstStep - training) / 1000).toFixed(1)} s more, ` +
        `${rate.toFixed(0)} images a second, memory ${memory
          .map((each) => each.toFixed(0))
          .filter((_, i) => i % 10 === 0)
          .join(' ')} MiB`,
    );
    expect(result.steps).toBe(2 * 990);
    expect(result.top1).toBe(1);
    const settled = memory.slice(Math.floor(memory.length / 4));
    expect(Math.max(...settled) - Math.min(...settled)).toBeLessThan(80);
    expect(Tensor.liveCount).toBe(0);
  },
);
