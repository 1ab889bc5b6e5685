import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { decodeImage } from '../../src/data/decode/index.js';
import { predict } from '../../src/evaluate/index.js';
import { exportModel, importBase } from '../../src/index.js';
import { packageRoot } from '../../src/package-root.js';
import { browserPath, contrasts, expectNoOverflow, serveFiles, useBrowser } from '../browser.js';
import { mobileGraph } from '../model/graph/graph-builder.js';
import { exportSmallModel } from '../serve/command-server.js';
import { picture } from '../serve/images.js';
import { temporaryFolder } from '../weights/temporary-folder.js';
import { writeGraphFolder } from '../weights/tfjs-graph/graph-folder.js';

const { path: folder, write } = temporaryFolder();
const EXAMPLE = join(packageRoot, 'examples', 'browser');
const prepare = (...args: string[]) =>
  spawnSync(process.execPath, [join(EXAMPLE, 'prepare.mjs'), ...args], { encoding: 'utf8' });

/** Exported models, by what they are. */
const models: Record<string, string> = {};

beforeAll(async () => {
  models.layers = await exportSmallModel(folder);
  const converted = writeGraphFolder(join(folder, 'converted'), mobileGraph());
  const graph = await importBase(converted);
  models.graph = join(folder, 'graph');
  await exportModel(graph, { out: models.graph });
  await graph.dispose();
});

interface Pixels {
  middleSquare(width: number, height: number): { left: number; top: number; side: number };
  resized(rgba: Uint8Array, side: number, size: number): Uint8ClampedArray;
  normalized(pixels: Uint8Array, preprocessing: { mean: number[]; std: number[] }): Float32Array;
}

const pixels = (await import(pathToFileURL(join(EXAMPLE, 'pixels.js')).href)) as Pixels;

/** A drawn scene: edges in all directions, and colours that run. */
const scene = (side: number) =>
  sharp(
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}" viewBox="0 0 64 64">
      <linearGradient id="sky" x2="0.3" y2="1"><stop stop-color="#28c"/><stop offset="1" stop-color="#dec"/></linearGradient>
      <rect width="64" height="64" fill="url(#sky)"/><circle cx="40" cy="26" r="13" fill="#d43"/>
      <path d="M4 60 L20 22 L34 60 Z" fill="#263"/></svg>`,
    ),
  ).flatten();

test.each([
  [1500, 224, 4, 0.1],
  [500, 224, 1, 0.02],
  [300, 32, 6, 0.4],
  [64, 64, 0, 0],
])('the page makes %i pixels %i as the command does', async (from, to, most, mean) => {
  const file = write(`${from}-${to}.png`, await scene(from).png().toBuffer());
  const expected = await decodeImage(file, to);
  const rgba = await scene(from).ensureAlpha().raw().toBuffer();
  const found = pixels.resized(rgba, from, to);
  expect(found).toHaveLength(expected.length);
  // libvips halves by plain means before it applies the kernel, where it reduces much.
  const differences = Array.from(found, (value, i) => Math.abs(value - expected[i]!));
  expect(differences.reduce((a, b) => Math.max(a, b))).toBeLessThanOrEqual(most);
  expect(differences.reduce((a, b) => a + b, 0) / differences.length).toBeLessThanOrEqual(mean);
});

test('what is enlarged stays in its place: a ramp is a ramp', () => {
  const ramp = Uint8Array.from({ length: 40 * 40 * 4 }, (_, i) => 6 * (Math.floor(i / 4) % 40));
  const found = pixels.resized(ramp, 40, 64);
  for (let x = 4; x < 60; x++) {
    const expected = 6 * ((x + 0.5) * (40 / 64) - 0.5);
    expect(Math.abs(found[(30 * 64 + x) * 3]! - expected)).toBeLessThanOrEqual(0.6);
  }
});

test('the middle square, and (pixel - mean) / std per channel', () => {
  expect(pixels.middleSquare(7, 4)).toEqual({ left: 1, top: 0, side: 4 });
  expect(pixels.middleSquare(4, 9)).toEqual({ left: 0, top: 2, side: 4 });
  const preprocessing = { mean: [10, 20, 30], std: [1, 2, 4] };
  expect([...pixels.normalized(Uint8Array.of(11, 22, 34, 10, 20, 30), preprocessing)]).toEqual([
    1, 1, 1, 0, 0, 0,
  ]);
});

describe('prepare.mjs', () => {
  test.each([
    ['no folder', [], /Expected the folder of an exported model/],
    ['a folder without a model', ['nowhere'], /no model\.json in .*nowhere.*sam-finetune export/],
    ['a model of others', ['converted'], /does not say its labels.*sam-finetune export/],
    ['a folder that holds something else', ['layers', 'taken'], /taken would be replaced.*Name another/],
  ])('refuses %s, and leaves what is there', (_, [model, site], message) => {
    mkdirSync(join(folder, 'taken'), { recursive: true });
    write('taken/notes.txt', 'mine');
    const path = model && (models[model] ?? join(folder, model));
    const { status, stderr } = prepare(
      ...[path, site && join(folder, site)].filter((arg) => arg !== undefined),
    );
    expect([status, stderr]).toEqual([1, expect.stringMatching(message)]);
    expect(readFileSync(join(folder, 'taken', 'notes.txt'), 'utf8')).toBe('mine');
  });

  test('makes a site anew, with the other model', () => {
    const site = join(folder, 'twice');
    expect(prepare(models.layers!, site).status).toBe(0);
    writeFileSync(join(site, 'model', 'old.bin'), '');
    expect(prepare(models.graph!, site).status).toBe(0);
    expect(JSON.parse(readFileSync(join(site, 'model', 'model.json'), 'utf8')).format).toBe('graph-model');
    expect(existsSync(join(site, 'model', 'old.bin'))).toBe(false);
  });
});

describe.skipIf(!browserPath)('the example in chromium', () => {
  const browser = useBrowser();

  async function siteOf(model: string): Promise<string> {
    const site = join(folder, `site-of-${model}`);
    execFileSync(process.execPath, [join(EXAMPLE, 'prepare.mjs'), models[model]!, site]);
    return serveFiles((path) => {
      const file = join(site, path);
      return existsSync(file) ? readFileSync(file) : undefined;
    });
  }

  test.each(['layers', 'graph'])('%s: a worker gives what predict gives', async (kind) => {
    const { page, problems } = await browser.open(await siteOf(kind));
    await page.getByText(/classes, \d+ × \d+ pixels, on (webgl|cpu)/).waitFor();
    expect(page.workers()).toHaveLength(1);
    const model = await importBase(models[kind]!);
    try {
      for (const [i, size] of [
        { width: 90, height: 70 },
        { width: 40, height: 64 },
      ].entries()) {
        const file = write(
          `${kind}-${i}.png`,
          await picture(4 + i, size)
            .png()
            .toBuffer(),
        );
        const [expected] = await predict(model, [file]);
        await page.getByLabel('Choose a picture').setInputFiles(file);
        await page.getByRole('img', { name: `The picture: ${kind}-${i}.png` }).waitFor();
        await page.locator('[aria-busy="false"] li').first().waitFor();
        const shown = (await page.getByRole('listitem').allInnerTexts()).map((text) =>
          text.split(/\s*\n\s*/),
        );
        const share = Object.fromEntries(
          shown.map(([label, percent]) => [label, Number.parseFloat(percent!)]),
        );
        expect(shown).toHaveLength(5);
        // To a tenth of a percent, as it is shown; pixels may differ by one.
        for (const { label, probability } of expected!.predictions)
          expect(Math.abs(share[label]! - 100 * probability)).toBeLessThan(0.3);
        const [first] = shown;
        expect(await page.locator('#spoken').textContent()).toBe(`Likeliest class: ${first!.join(', ')}.`);
      }
    } finally {
      await model.dispose();
    }
    expect(problems).toEqual([]);
  });

  test('says in words what is no picture, and that there is no model', async () => {
    const url = await siteOf('layers');
    const { page } = await browser.open(url);
    await page.getByLabel('Choose a picture').setInputFiles(write('notes.png', 'text'));
    await expect.poll(() => page.getByRole('alert').textContent()).toMatch(/cannot be read as a picture/);
    const bare = await serveFiles((path) =>
      path.startsWith('/model') ? undefined : readFileSync(join(folder, 'site-of-layers', path)),
    );
    const { page: empty } = await browser.open(bare);
    await expect.poll(() => empty.getByRole('alert').textContent()).toMatch(/no model at .*Run prepare\.mjs/);
  });

  test.each(['light', 'dark'] as const)('fits 320 pixels, and can be read, in %s', async (colorScheme) => {
    const options = { viewport: { width: 320, height: 640 }, colorScheme };
    const { page } = await browser.open(await siteOf('layers'), options);
    const file = write('drawn.png', await picture(9).png().toBuffer());
    await page.getByLabel('Choose a picture').setInputFiles(file);
    await page.getByRole('listitem').first().waitFor();
    await expectNoOverflow(page);
    for (const [text, contrast] of Object.entries(await contrasts(page)))
      expect(contrast, text).toBeGreaterThanOrEqual(4.5);
  });
});
