// Makes docs/browser.png again: node examples/browser/screenshot.mjs, after npm run build. It needs chromium, in PATH or named
// by CHROMIUM. The picture is drawn, so that it may be passed on.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import sharp from 'sharp';

const root = fileURLToPath(new URL('../../', import.meta.url));
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };
const run = (...args) => execFileSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
const turned = (degrees, body) => `<g transform="rotate(${degrees} 160 160)">${body}</g>`;

/** A wall clock at ten past ten. */
const numerals = Array.from({ length: 12 }, (_, i) => {
  const angle = ((i + 1) * Math.PI) / 6;
  const [x, y] = [160 + 98 * Math.sin(angle), 160 - 98 * Math.cos(angle)];
  return `<text x="${x}" y="${y + 9}" text-anchor="middle">${i + 1}</text>`;
});
const marks = Array.from({ length: 60 }, (_, i) =>
  turned(6 * i, `<rect x="${i % 5 ? 159 : 158}" y="38" width="${i % 5 ? 2 : 4}" height="8"/>`),
);
const clock = `<svg xmlns="http://www.w3.org/2000/svg" width="320" height="320">
  <defs>
    <linearGradient id="wall" x2="0.4" y2="1"><stop stop-color="#b9c7b4"/><stop offset="1" stop-color="#93a58f"/></linearGradient>
    <linearGradient id="rim" x2="0.6" y2="1"><stop stop-color="#7a4a28"/><stop offset="1" stop-color="#3f2413"/></linearGradient>
    <radialGradient id="face"><stop offset="0.6" stop-color="#fbf7ea"/><stop offset="1" stop-color="#e6dec4"/></radialGradient>
    <filter id="soft"><feGaussianBlur stdDeviation="6"/></filter>
  </defs>
  <rect width="320" height="320" fill="url(#wall)"/>
  <circle cx="168" cy="172" r="140" opacity="0.35" filter="url(#soft)"/>
  <circle cx="160" cy="160" r="140" fill="url(#rim)"/>
  <circle cx="160" cy="160" r="126" fill="url(#face)"/>
  <g fill="#2a2320">${marks.join('')}</g>
  <g font-family="serif" font-size="27" fill="#2a2320">${numerals.join('')}</g>
  <g fill="#1d1917">
    ${turned(305, '<path d="M155 170 L157 96 L160 88 L163 96 L165 170 Z"/>')}
    ${turned(60, '<path d="M156 176 L158 62 L160 54 L162 62 L164 176 Z"/>')}
  </g>
  ${turned(190, '<rect x="159" y="52" width="2" height="132" fill="#b3261e"/>')}
  <circle cx="160" cy="160" r="7" fill="#1d1917"/>
</svg>`;

const work = mkdtempSync(join(tmpdir(), 'browser-example-'));
const server = createServer((request, response) => {
  const file = request.url === '/' ? '/index.html' : request.url;
  response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream');
  response.end(readFileSync(join(work, 'site', file)));
});
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? 'chromium' });
try {
  run('bin/sam-finetune.cjs', 'export', 'efficientnet-lite0', '--out', join(work, 'model'));
  run('examples/browser/prepare.mjs', join(work, 'model'), join(work, 'site'));
  await new Promise((go) => server.listen(0, '127.0.0.1', go));
  await sharp(Buffer.from(clock)).png().toFile(join(work, 'clock.png'));
  const page = await browser.newPage({ viewport: { width: 920, height: 300 } });
  await page.goto(`http://127.0.0.1:${server.address().port}`);
  await page.getByLabel('Choose a picture').setInputFiles(join(work, 'clock.png'));
  await page.locator('[aria-busy="false"] li').first().waitFor();
  const shot = await page.screenshot({ fullPage: true });
  await sharp(shot)
    .png({ palette: true, colours: 128, effort: 10 })
    .toFile(join(root, 'docs', 'browser.png'));
} finally {
  await browser.close();
  server.closeAllConnections();
  server.close();
  rmSync(work, { recursive: true });
}
