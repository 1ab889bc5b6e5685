import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { predict } from '../../src/evaluate/index.js';
import { browserPath, contrasts, expectNoOverflow, useBrowser } from '../browser.js';
import { temporaryFolder } from '../weights/temporary-folder.js';
import { picture } from './images.js';
import { servers } from './in-process.js';

const { write } = temporaryFolder();
const { model, files, started } = servers();
const browser = useBrowser();

const drop = (kind: 'drop' | 'paste', bytes: readonly number[], name: string): string => `(() => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(${JSON.stringify(bytes)})], ${JSON.stringify(name)}));
  const options = { bubbles: true, cancelable: true, dataTransfer: data, clipboardData: data };
  document.body.dispatchEvent(${kind === 'drop' ? 'new DragEvent("drop", options)' : 'new ClipboardEvent("paste", options)'});
})()`;

const styleOf = (page: Page, selector: string, property: string) =>
  page.evaluate<string>(`getComputedStyle(document.querySelector('${selector}')).${property}`);

describe.skipIf(!browserPath)('the page in chromium', () => {
  test('shows a picture that is chosen, and what predict says of it, as bars with their percentages', async () => {
    const { url } = await started({ name: 'shapes' });
    const { page, problems } = await browser.open(url);
    await page.getByRole('heading', { name: 'shapes' }).waitFor();
    expect(await page.title()).toBe('Classify a picture: shapes');
    const { path } = files[0]!;
    await page.getByLabel('Choose a picture').setInputFiles(path);
    const rows = page.getByRole('listitem');
    await rows.nth(4).waitFor();
    const [expected] = await predict(model, [path]);
    const shown = await rows.allInnerTexts();
    const percent = (share: number) => `${(100 * share).toFixed(1)}%`;
    expect(shown.map((text) => text.split(/\s*\n\s*/))).toEqual(
      expected!.predictions.map(({ label, probability }) => [label, percent(probability)]),
    );
    const widths = await page
      .locator('.fill')
      .evaluateAll((fills) =>
        fills.map((fill) => (fill as unknown as { style: { width: string } }).style.width),
      );
    widths.forEach((width, i) => {
      expect(Number.parseFloat(width)).toBeCloseTo(100 * expected!.predictions[i]!.probability, 2);
    });
    const image = page.getByRole('img', { name: 'The picture: 0.png' });
    await image.waitFor();
    expect(
      await image.evaluate((element) => (element as unknown as { naturalWidth: number }).naturalWidth),
    ).toBe(60);
    const { label, probability } = expected!.predictions[0]!;
    expect(await page.getByRole('status').textContent()).toBe(
      `Likeliest class: ${label}, ${percent(probability)}.`,
    );
    expect(problems).toEqual([]);
  });

  test('takes what is dropped and pasted', async () => {
    const { url } = await started();
    const { page, problems } = await browser.open(url);
    const { bytes } = files[1]!;
    for (const kind of ['drop', 'paste'] as const) {
      await page.evaluate(drop(kind, [...bytes], `${kind}.jpeg`));
      await page.getByRole('img', { name: `The picture: ${kind}.jpeg` }).waitFor();
      await page.locator('[aria-busy="false"] li').first().waitFor();
    }
    expect(problems).toEqual([]);
  });

  test('says what is wrong in words: what is no picture, what is too large, a server that is gone', async () => {
    const { url, close } = await started({ maxBytes: 20_000 });
    const { page } = await browser.open(url);
    const choose = page.getByLabel('Choose a picture');
    const error = page.getByRole('alert');
    await choose.setInputFiles(write('notes.png', 'I am no picture'));
    await expect
      .poll(() => error.textContent())
      .toMatch(/^No answer\. This cannot be read as an image.*I am no pi/);
    expect(await page.getByRole('listitem').count()).toBe(0);
    const noise = await picture(1, { width: 640, height: 480 }).png({ compressionLevel: 0 }).toBuffer();
    await choose.setInputFiles(write('large.png', noise));
    await expect.poll(() => error.textContent()).toMatch(/larger than the 0\.02 MB/);
    await choose.setInputFiles(files[0]!.path);
    await page.getByRole('listitem').first().waitFor();
    expect(await error.isVisible()).toBe(false);
    await close();
    await choose.setInputFiles(files[0]!.path);
    await expect.poll(() => error.textContent()).toMatch(/The server cannot be reached/);
  });

  test('is worked by the keyboard alone, and shows where it is', async () => {
    const { url } = await started();
    const { page } = await browser.open(url);
    await page.keyboard.press('Tab');
    expect(await styleOf(page, '.button', 'outlineStyle')).toBe('solid');
    const chooser = page.waitForEvent('filechooser');
    // Keys go another way than the order to watch for choosers: an answer of the page says that it watches.
    await page.evaluate('document.readyState');
    await page.keyboard.press('Space');
    await (await chooser).setFiles(files[0]!.path);
    await page.getByRole('listitem').first().waitFor();
  });

  test.each(['light', 'dark'] as const)('fits 320 pixels, and can be read, in %s', async (colorScheme) => {
    const { url } = await started({
      name: 'a-name-without-spaces-that-is-much-longer-than-a-narrow-page-is-wide',
    });
    const { page } = await browser.open(url, { viewport: { width: 320, height: 640 }, colorScheme });
    await expectNoOverflow(page);
    await page.getByLabel('Choose a picture').setInputFiles(files[0]!.path);
    await page.locator('[aria-busy="false"] li').first().waitFor();
    await expectNoOverflow(page);
    const found = await contrasts(page);
    expect(Object.keys(found)).toContain('Likeliest classes');
    for (const [text, contrast] of Object.entries(found)) expect(contrast, text).toBeGreaterThanOrEqual(4.5);
  });

  test.each([
    ['no-preference', '0.35s'],
    ['reduce', '0s'],
  ] as const)('lets bars grow, but for those who ask for no motion: %s', async (reducedMotion, duration) => {
    const { url } = await started();
    const { page } = await browser.open(url, { reducedMotion });
    await page.getByLabel('Choose a picture').setInputFiles(files[0]!.path);
    await page.locator('.fill').first().waitFor();
    expect(await styleOf(page, '.fill', 'transitionDuration')).toBe(duration);
  });
});
