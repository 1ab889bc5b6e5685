// Makes the pictures of this folder again: node docs/augmentations/make.mjs, after npm run build.
// The pictures are of a drawn scene, so that they may be passed on.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const SIDE = 96;
const here = fileURLToPath(new URL('.', import.meta.url));
const command = fileURLToPath(new URL('../../bin/sam-finetune.cjs', import.meta.url));

/** Name of each picture, and what it shows. */
const PICTURES = {
  flip: ['--augment', 'flip'],
  'vertical-flip': ['--augment', 'vertical-flip'],
  crop: ['--augment', 'crop'],
  'random-resized-crop': ['--augment', 'random-resized-crop'],
  'color-jitter': ['--augment', 'color-jitter:0.4:0.4:0.4:0.1'],
  'auto-augment-cifar': ['--augment', 'auto-augment-cifar'],
  'auto-augment-svhn': ['--augment', 'auto-augment-svhn'],
  'auto-augment-imagenet': ['--augment', 'auto-augment-imagenet'],
  'rand-augment': ['--augment', 'rand-augment'],
  'trivial-augment': ['--augment', 'trivial-augment'],
  'aug-mix': ['--augment', 'aug-mix'],
  cutout: ['--augment', 'cutout'],
  'random-erasing': ['--augment', 'random-erasing:0.8'],
  mixup: ['--augment', 'none', '--mixup', '1'],
  cutmix: ['--augment', 'none', '--cutmix', '1'],
};

/** A scene in the colours given: gradients, edges, shapes that are not symmetric. */
const scene = ({ sky, ground, wall, roof, sun, x }) => `
<svg xmlns="http://www.w3.org/2000/svg" width="${SIDE}" height="${SIDE}" viewBox="0 0 96 96">
  <defs>
    <linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">
      <stop offset="0" stop-color="${sky[0]}"/><stop offset="1" stop-color="${sky[1]}"/>
    </linearGradient>
    <radialGradient id="sun"><stop offset="0" stop-color="#fffbe0"/><stop offset="1" stop-color="${sun}"/></radialGradient>
  </defs>
  <rect width="96" height="96" fill="url(#sky)"/>
  <circle cx="${x + 55}" cy="18" r="10" fill="url(#sun)"/>
  <path d="M0 62 L22 34 L36 52 L52 38 L96 64 L96 96 L0 96 Z" fill="#7d87a3"/>
  <path d="M22 34 L27 41 L22 44 L17 41 Z" fill="#f4f6fa"/>
  <path d="M0 66 Q30 56 60 66 T96 64 L96 96 L0 96 Z" fill="${ground}"/>
  <rect x="${x}" y="52" width="26" height="24" fill="${wall}"/>
  <path d="M${x - 4} 53 L${x + 13} 38 L${x + 30} 53 Z" fill="${roof}"/>
  <rect x="${x + 4}" y="62" width="7" height="14" fill="#5b3a24"/>
  <rect x="${x + 15}" y="58" width="7" height="7" fill="#cfe8f5" stroke="#333" stroke-width="1"/>
  <rect x="78" y="58" width="4" height="22" fill="#6b4a2e"/>
  <circle cx="80" cy="52" r="11" fill="#2f7d3b"/>
  <circle cx="76" cy="48" r="4" fill="#57ab4f"/>
  <path d="M6 86 H14 M6 86 V94 M6 90 H12" stroke="#ffffff" stroke-width="2.5" fill="none"/>
</svg>`;

const SCENES = {
  day: {
    sky: ['#3d8fe0', '#cfe9fb'],
    ground: '#63b04a',
    wall: '#f2dfb5',
    roof: '#c8402f',
    sun: '#ffd23e',
    x: 34,
  },
  dusk: {
    sky: ['#3b2a6d', '#f08a4b'],
    ground: '#4a6b3f',
    wall: '#d8c3d8',
    roof: '#7a3fa0',
    sun: '#ff7f3a',
    x: 10,
  },
};

const work = mkdtempSync(join(tmpdir(), 'augmentations-'));
try {
  for (const [name, colours] of Object.entries(SCENES)) {
    mkdirSync(join(work, 'train', name), { recursive: true });
    mkdirSync(join(work, 'val', name), { recursive: true });
    const picture = sharp(Buffer.from(scene(colours))).flatten();
    await picture
      .clone()
      .png()
      .toFile(join(work, 'train', name, 'scene.png'));
    await picture
      .clone()
      .png()
      .toFile(join(work, 'val', name, 'scene.png'));
  }
  for (const [name, flags] of Object.entries(PICTURES)) {
    const out = join(here, `${name}.png`);
    const sheet = ['--images', '2', '--columns', '7', '--image-size', String(SIDE), '--out', out];
    execFileSync(process.execPath, [command, 'inspect', work, ...flags, ...sheet], { stdio: 'inherit' });
    // 128 colours are enough here, and a third of the bytes.
    writeFileSync(out, await sharp(out).png({ palette: true, colours: 128, effort: 10 }).toBuffer());
  }
} finally {
  rmSync(work, { recursive: true });
}
