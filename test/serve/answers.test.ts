import { describe, expect, test } from 'vitest';
import { healthOf, IDLE } from './command-server.js';
import { ask, servers } from './in-process.js';
import { exchange } from './raw-client.js';

const { model, files, started } = servers();

describe('what the server tells', () => {
  test('/model: labels, size, preprocessing and limits', async () => {
    const { url } = await started({ name: 'digits', maxBytes: 1234 });
    const { labels, imageSize, preprocessing } = model;
    expect(await (await fetch(`${url}/model`)).json()).toEqual({
      model: 'digits',
      imageSize,
      preprocessing,
      limits: { maxBytes: 1234, maxPixels: 50_000_000, batchSize: 8 },
      labels,
    });
  });

  test('/health: ready, what was done, what is under way', async () => {
    const { url } = await started();
    await ask(url, files[0]!.bytes);
    await ask(url, Buffer.from('text'));
    const health = await healthOf(url);
    expect(health).toMatchObject({ ready: true, model: 'small network', open: IDLE });
    expect(health.counters).toEqual({
      predictions: 1,
      gone: 0,
      batches: 1,
      responses: { 200: 1, 415: 1 },
    });
    expect(health.memory).toBeGreaterThan(1e7);
  });

  test('the page and its files, which may load nothing from elsewhere', async () => {
    const { url } = await started();
    const page = await fetch(url);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = page.headers.get('content-security-policy')!;
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    const html = await page.text();
    const needed = [...html.matchAll(/<(?:script|link|img)\b[^>]*? (?:src|href)="([^"]+)"/g)];
    const files = needed.map(([, file]) => file!);
    expect(files.toSorted()).toEqual(['icon.svg', 'script.js', 'style.css']);
    for (const file of files) expect((await fetch(`${url}/${file}`)).status).toBe(200);
    expect(html).not.toMatch(/<script>|<style|\son\w+=|https?:/);
  });

  test('HEAD as GET without its body, OPTIONS with the methods', async () => {
    const { url } = await started();
    for (const path of ['/', '/model', '/style.css']) {
      const [get, head] = [await fetch(url + path), await fetch(url + path, { method: 'HEAD' })];
      expect(head.status).toBe(200);
      expect(head.headers.get('content-length')).toBe(String((await get.arrayBuffer()).byteLength));
      expect(await head.text()).toBe('');
    }
    const options = await fetch(`${url}/predict`, { method: 'OPTIONS' });
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'POST, OPTIONS']);
    expect((await fetch(url, { method: 'OPTIONS' })).headers.get('allow')).toBe('GET, HEAD, OPTIONS');
    const all = await exchange(Number(new URL(url).port), 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n');
    expect([all?.status, all?.headers.allow]).toEqual([204, 'GET, HEAD, POST, OPTIONS']);
  });
});

describe('pages of other origins', () => {
  const other = { headers: { origin: 'https://example.com' } };
  const allowedBy = async (url: string) =>
    (await fetch(`${url}/model`, other)).headers.get('access-control-allow-origin');

  test('may not read anything unless they are allowed', async () => {
    const { url } = await started();
    expect(await allowedBy(url)).toBeNull();
    const response = await fetch(`${url}/model`, other);
    expect(response.headers.get('cross-origin-resource-policy')).toBe('same-origin');
  });

  test('may when they are named, errors included, and are told so before they send', async () => {
    const { url } = await started({ allowOrigins: ['https://example.com', 'http://localhost:1'] });
    expect(await allowedBy(url)).toBe('https://example.com');
    const refused = await fetch(`${url}/predict`, { ...other, method: 'POST', body: 'text' });
    expect(refused.headers.get('access-control-allow-origin')).toBe('https://example.com');
    const preflight = await fetch(`${url}/predict`, { ...other, method: 'OPTIONS' });
    expect(preflight.headers.get('access-control-allow-methods')).toContain('POST');
    expect(preflight.headers.get('access-control-allow-headers')).toBe('content-type');
    expect(preflight.headers.get('vary')).toBe('origin');
    const evil = await fetch(`${url}/model`, { headers: { origin: 'https://example.com.evil.net' } });
    expect(evil.headers.get('access-control-allow-origin')).toBeNull();
    expect(evil.headers.get('vary')).toBe('origin');
  });

  test('may all with *', async () => {
    expect(await allowedBy((await started({ allowOrigins: ['*'] })).url)).toBe('*');
  });
});
