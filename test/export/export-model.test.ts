import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { loadTask } from '../../src/data/tasks/index.js';
import { evaluate } from '../../src/evaluate/index.js';
import type { OpenedModel } from '../../src/export/format.js';
import { ExportMismatch, exportModel, FORMATS, NotOpened } from '../../src/export/index.js';
import { verify } from '../../src/export/verify.js';
import { type Model, NO_PREPROCESSING, swapHead } from '../../src/model/index.js';
import { temporaryFolder } from '../weights/temporary-folder.js';
import { calibrated } from './calibrated.js';

const folder = temporaryFolder();
const SIZE = 32;
let model: Model;

beforeAll(async () => {
  const task = await loadTask('digits');
  const base = await calibrated('cifar-resnet-20', SIZE);
  const headed = swapHead(base, { classes: task.classes, seed: 3 });
  const { data } = headed.weights.get('predictions/kernel') ?? { data: undefined };
  const kernel = Float32Array.from({ length: 64 * 10 }, (_, i) => Math.sin(i * 12.9898) / 20);
  const bias = new Float32Array(10);
  expect(data).toBeUndefined();
  model = headed.with({
    weights: new Map([
      ...headed.weights,
      ['predictions/kernel', { dtype: 'float32', shape: [64, 10], data: kernel }],
      ['predictions/bias', { dtype: 'float32', shape: [10], data: bias }],
    ]),
  });
});

afterAll(() => model.dispose());

test('a report, labels and a model card lie beside what is written, and are replaced with it', async () => {
  const out = join(folder.path, 'digits-graph');
  const metadata = { task: 'digits', top1: 0.5, recipe: { base: 'efficientnet-lite0', rho: 0.05 } };
  const report = await exportModel(model, { format: 'saved-model', out, metadata });
  expect(report).toMatchObject({
    format: 'saved-model',
    out,
    verification: { verified: true, images: 4, agreement: 1 },
  });
  const { verification } = report;
  expect(verification.verified && verification.largestDifference).toBeLessThan(1e-4);
  const card = readFileSync(join(out, 'README.md'), 'utf8');
  const [, front] = card.split('---\n');
  expect(parse(front!)).toMatchObject({
    pipeline_tag: 'image-classification',
    'model-index': [{ name: 'digits-graph', results: [{ metrics: [{ type: 'accuracy', value: 0.5 }] }] }],
  });
  expect(card).toContain('| rho | 0.05 |');
  expect(card).toContain('float32 `[batch, 32, 32, 3]`: RGB, values of 0..255');
  // A card goes elsewhere: it tells nothing of this machine.
  expect(card).not.toContain(folder.path);
  expect(readFileSync(join(out, 'labels.txt'), 'utf8')).toBe(
    model.labels.map((label) => `${label}\n`).join(''),
  );
  const before = readdirSync(out).sort();
  await exportModel(model, { format: 'saved-model', out, logits: true });
  expect(readdirSync(out).sort()).toEqual(before);
  expect(readFileSync(join(out, 'README.md'), 'utf8')).toContain('`[batch, 10]`: logits');
});

test('an accuracy that is too low: nothing is written, and what was there stays', async () => {
  const task = await loadTask('digits', { limit: 200 });
  const { top1 } = await evaluate(model, task);
  const out = join(folder.path, 'accurate');
  const open = vi.spyOn(FORMATS['saved-model'], 'open');
  const report = await exportModel(model, { format: 'saved-model', out, task, minAccuracy: top1 });
  expect(report.top1).toBeCloseTo(top1, 6);
  // Opened once, for the comparison and the accuracy.
  expect(open).toHaveBeenCalledTimes(1);
  open.mockRestore();
  const card = readFileSync(join(out, 'README.md'));
  await expect(exportModel(model, { format: 'saved-model', out, task, minAccuracy: 0.99 })).rejects.toThrow(
    /below the 99\.0 % .*nothing was exported/,
  );
  expect(readFileSync(join(out, 'README.md'))).toEqual(card);
  await expect(exportModel(model, { out: join(folder.path, 'none'), minAccuracy: 0.5 })).rejects.toThrow(
    'name a task',
  );
  const others = { ...task, classes: task.classes.toReversed() };
  await expect(exportModel(model, { format: 'saved-model', out, task: others })).rejects.toThrow(
    /must be the same in the same order/,
  );
  await expect(exportModel(model, { out, task, minAccuracy: 95 })).rejects.toThrow(/a share of 0 to 1/);
  expect(readdirSync(folder.path).filter((name) => name.includes('tmp'))).toEqual([]);
});

test('what a format does not have is refused before anything is written', async () => {
  const out = join(folder.path, 'refused');
  await expect(exportModel(model, { format: 'saved-model', out, quantize: 'uint8' })).rejects.toThrow(
    /no weights as uint8/,
  );
  await expect(exportModel(model, { format: 'tfjs-graph', out, frozen: true })).rejects.toThrow(
    /no frozen form/,
  );
  mkdirSync(out);
  writeFileSync(join(out, 'notes.txt'), 'mine');
  await expect(exportModel(model, { format: 'saved-model', out })).rejects.toThrow(/notes\.txt/);
});

/** A program that gives what `change` makes of the right probabilities. */
function changed(change: (probabilities: Float32Array) => Float32Array): () => Promise<OpenedModel> {
  return async () => ({
    program: 'a program',
    async run({ data, shape }) {
      const { data: logits } = await model.logits({ data, shape });
      const classes = logits.length / shape[0];
      const rows = Array.from({ length: shape[0] }, (_, i) => logits.slice(i * classes, (i + 1) * classes));
      return change(
        Float32Array.from(
          rows.flatMap((row) => {
            const exps = row.map((value) => Math.exp(value - Math.max(...row)));
            const sum = exps.reduce((a, b) => a + b, 0);
            return [...exps].map((value) => value / sum);
          }),
        ),
      );
    },
    close: () => {},
  });
}

test('a program that gives something else is believed: too far off, another class, no number, other classes', async () => {
  const options = { logits: false, preprocessing: NO_PREPROCESSING };
  const check = (change: (probabilities: Float32Array) => Float32Array, quantize?: 'uint8') =>
    verify(changed(change), model, { ...options, quantize });
  const reversed = (given: Float32Array) => given.map((_, i) => given[i - (i % 10) + 9 - (i % 10)]!);
  expect(await check((given) => given)).toMatchObject({ verified: true, program: 'a program', agreement: 1 });
  await expect(check((given) => given.map((value, i) => value + (i === 17 ? 2e-4 : 0)))).rejects.toThrow(
    ExportMismatch,
  );
  await expect(check(reversed)).rejects.toThrow(/disagrees with its origin in a program/);
  await expect(
    check((given) => given.map((value, i) => (i === 3 ? Number.NaN : value)), 'uint8'),
  ).rejects.toThrow(/NaN/);
  await expect(check((given) => given.slice(0, 36))).rejects.toThrow(/gives 9 classes/);
  // Fewer bits may move a probability, not the first class where it leads by far.
  expect(await check((given) => given.map((value) => 0.98 * value), 'uint8')).toMatchObject({
    verified: true,
  });
});

test('a program that is not installed is no fault of the model; one that cannot open it is', async () => {
  const options = { logits: false, preprocessing: NO_PREPROCESSING };
  const opening = (error: Error) => () => Promise.reject(error);
  expect(await verify(opening(new NotOpened('it is not installed')), model, options)).toEqual({
    verified: false,
    why: 'it is not installed',
  });
  await expect(verify(opening(new Error('bad file')), model, options)).rejects.toThrow(
    /cannot be opened again: bad file/,
  );
  // Where it cannot be opened, the accuracy is that of the model.
  const task = await loadTask('digits', { limit: 200 });
  const open = vi
    .spyOn(FORMATS['saved-model'], 'open')
    .mockRejectedValue(new NotOpened('it is not installed'));
  const { top1, verification } = await exportModel(model, {
    ...{ format: 'saved-model', out: join(folder.path, 'unopened'), task },
  });
  open.mockRestore();
  expect(verification).toEqual({ verified: false, why: 'it is not installed' });
  expect(top1).toBe((await evaluate(model, task)).top1);
});
