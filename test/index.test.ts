import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as library from 'sam-finetune';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { temporaryFolder } from './weights/temporary-folder.js';

const { path: folder } = temporaryFolder();

test('the entry exports the stages', () => {
  const stages = [
    'importBase',
    'swapHead',
    'loadTask',
    'fineTune',
    'evaluate',
    'predict',
    'serve',
    'exportModel',
    'defineRecipe',
  ];
  expect(Object.keys(library)).toEqual(expect.arrayContaining(stages));
  expect(new library.InputError('x')).toBeInstanceOf(Error);
  expect(new library.Interrupted('x')).toBeInstanceOf(Error);
});

test('a script made of the stages runs from a base to an exported model', async () => {
  const task = await library.loadTask('digits', { limit: 32 });
  const base = await library.importBase('efficientnet-lite0', { weights: 'none', imageSize: 32 });
  const model = library.swapHead(base, { classes: task.classes });
  const events: library.TrainEvent[] = [];
  const {
    model: best,
    top1,
    steps,
  } = await library.fineTune(
    model,
    task,
    { epochs: 1, batchSize: 16 },
    { out: join(folder, 'run'), onEvent: (event) => events.push(event) },
  );
  expect(steps).toBe(2);
  expect(events.map(({ event }) => event)).toEqual(['step', 'step', 'epoch', 'evaluate']);
  const metrics = await library.evaluate(best, task);
  expect(metrics).toMatchObject({ count: 359, top1: expect.closeTo(top1, 6) });

  const image = join(folder, 'image.png');
  await sharp({ create: { width: 10, height: 10, channels: 3, background: 'gray' } }).toFile(image);
  const [prediction] = await library.predict(best, [image], { top: 3 });
  expect(prediction!.predictions).toHaveLength(3);

  await library.exportModel(best, { out: join(folder, 'exported') });
  expect(existsSync(join(folder, 'exported', 'model.json'))).toBe(true);
  await best.dispose();
});
