import { accessSync, constants } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, expect } from 'vitest';

/** The browser on this machine: what CHROMIUM names, or one that is in PATH; undefined where there is none. */
export const browserPath: string | undefined = process.env.CHROMIUM ?? onPath();

function onPath(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A page in a real browser, and what went wrong in it. */
export interface OpenPage {
  page: Page;
  /** Errors of scripts, refused or failed requests, violations of the page's policy. */
  problems: string[];
}

/** A browser of a test file. Every page is checked to need nothing from elsewhere. */
export function useBrowser(): { open(url: string, options?: BrowserContextOptions): Promise<OpenPage> } {
  let browser: Promise<Browser> | undefined;
  afterAll(async () => (await browser)?.close());
  return {
    async open(url, options) {
      browser ??= chromium.launch({ executablePath: browserPath });
      const page = await (await browser).newPage(options);
      page.setDefaultTimeout(90_000);
      const problems: string[] = [];
      page.on('pageerror', (error) => problems.push(String(error)));
      page.on('console', (message) => {
        if (message.type() === 'error') problems.push(message.text());
      });
      page.on('request', (request) => {
        const { origin, protocol } = new URL(request.url());
        if (origin !== new URL(url).origin && !['blob:', 'data:'].includes(protocol))
          problems.push(`a request to ${request.url()}`);
      });
      await page.goto(url);
      return { page, problems };
    },
  };
}

/** Serves files from memory or from `read`; for pages that need no server of their own. */
export async function serveFiles(read: (path: string) => Uint8Array | undefined): Promise<string> {
  const TYPES: Record<string, string> = { html: 'text/html', js: 'text/javascript', css: 'text/css' };
  const server = createServer((request, response) => {
    const path = request.url === '/' ? '/index.html' : (request.url as string);
    const content = read(path);
    const type = TYPES[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
    response.writeHead(content ? 200 : 404, { 'content-type': type });
    response.end(content);
  });
  await new Promise<void>((go) => server.listen(0, '127.0.0.1', go));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Expects that nothing is cut off at the side, however narrow the page is. */
export async function expectNoOverflow(page: Page): Promise<void> {
  const [content, window] = await page.evaluate<[number, number]>(
    '[document.documentElement.scrollWidth, innerWidth]',
  );
  expect(content).toBeLessThanOrEqual(window);
}

/** Contrast of texts to what is behind them (WCAG 2.2, 1.4.3), by what they say; of all that can be seen. */
export function contrasts(page: Page): Promise<Record<string, number>> {
  return page.evaluate<Record<string, number>>(`(() => {
    const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const luminance = ([r, g, b]) => {
      const linear = [r, g, b].map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
      return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
    };
    const behind = (element) => {
      for (let e = element; e; e = e.parentElement) {
        const colour = channels(getComputedStyle(e).backgroundColor);
        if (colour[3] !== 0) return colour;
      }
      return [255, 255, 255];
    };
    const found = {};
    for (const element of document.body.querySelectorAll('*')) {
      const text = [...element.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data).join('').trim();
      if (!text || !element.checkVisibility() || element.matches('.hidden')) continue;
      const [a, b] = [channels(getComputedStyle(element).color), behind(element)].map(luminance).sort((x, y) => y - x);
      found[text] = (a + 0.05) / (b + 0.05);
    }
    return found;
  })()`);
}
