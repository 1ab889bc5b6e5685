import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type FilePrediction, predict } from '../../src/evaluate/index.js';
import { serve } from '../../src/serve/index.js';
import { importBase } from '../../src/weights/import-base.js';
import { mobileGraph } from '../model/graph/graph-builder.js';
import { temporaryFolder } from '../weights/temporary-folder.js';
import { writeGraphFolder } from '../weights/tfjs-graph/graph-folder.js';
import { CLASSES, healthOf, IDLE } from './command-server.js';
import { ask, servers } from './in-process.js';

const folder = temporaryFolder();
const { model, files, started } = servers();

function formOf(bytes: Uint8Array, name = 'cat.png'): FormData {
  const form = new FormData();
  form.set('note', 'a field besides');
  form.set('image', new Blob([Buffer.from(bytes)]), name);
  return form;
}

type Prediction = Omit<FilePrediction, 'file'>;

/** Sums over a batch may round differently than over one image. */
function expectSame(found: Prediction, expected: Prediction): void {
  expect(found.predictions.map(({ label, index }) => [label, index])).toEqual(
    expected.predictions.map(({ label, index }) => [label, index]),
  );
  found.predictions.forEach(({ probability }, i) => {
    expect(probability).toBeCloseTo(expected.predictions[i]!.probability, 5);
  });
  expect(found.logits?.length).toBe(expected.logits?.length);
  found.logits?.forEach((logit, i) => {
    expect(logit).toBeCloseTo(expected.logits![i]!, 4);
  });
}

test('are those of predict, for each format, as a body and as a form', async () => {
  const { url } = await started();
  const paths = files.map(({ path }) => path);
  const expected = await predict(model, paths, { top: 3, logits: true });
  for (const [i, { bytes }] of files.entries()) {
    for (const body of [bytes, formOf(bytes)]) {
      const response = await ask(url, body, '?top=3&logits=true');
      expect(response.status).toBe(200);
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expectSame((await response.json()) as Prediction, expected[i]!);
    }
  }
  // The images are told apart, so the comparison means something.
  expect(Math.abs(expected[0]!.logits![0]! - expected[1]!.logits![0]!)).toBeGreaterThan(1e-3);
});

test('name five classes without logits, unless asked for more', async () => {
  const { url } = await started();
  const { bytes } = files[0]!;
  const usual = (await (await ask(url, bytes)).json()) as Prediction;
  expect(usual.predictions).toHaveLength(5);
  expect(Object.keys(usual)).toEqual(['predictions']);
  const all = (await (await ask(url, bytes, '?top=99')).json()) as Prediction;
  expect(all.predictions).toHaveLength(CLASSES);
});

test('of requests at the same time share batches, and each gets its own', async () => {
  const { url } = await started({ batchSize: 4 });
  const paths = files.map(({ path }) => path);
  const expected = await predict(model, paths, { logits: true });
  const rounds = Array.from({ length: 8 }, () => files.map(({ bytes }) => bytes)).flat();
  const found = await Promise.all(
    rounds.map(async (bytes) => (await (await ask(url, bytes, '?logits=true')).json()) as Prediction),
  );
  found.forEach((prediction, i) => {
    expectSame(prediction, expected[i % files.length]!);
  });
  const { counters, open } = await healthOf(url);
  expect(counters.predictions).toBe(48);
  expect(counters.batches).toBeGreaterThanOrEqual(12);
  expect(counters.batches).toBeLessThan(48);
  expect(open).toEqual(IDLE);
});

test('of a model that is a graph are those of predict as well', async () => {
  const graph = await importBase(writeGraphFolder(join(folder.path, 'graph'), mobileGraph()));
  const { url, close } = await serve(graph, { port: 0 });
  try {
    const [expected] = await predict(graph, [files[1]!.path], { logits: true });
    const found = await ask(url, files[1]!.bytes, '?logits=true');
    expectSame((await found.json()) as Prediction, expected!);
  } finally {
    await close();
    await graph.dispose();
  }
});
