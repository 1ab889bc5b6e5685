import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../../src/package-root.js';
import { optionsDocument } from '../../src/recipe/document.js';
import { OPTIONS } from '../../src/recipe/index.js';

test('the page of options is that of the schema: npm run docs writes it', () => {
  expect(readFileSync(join(packageRoot, 'docs', 'options.md'), 'utf8')).toBe(optionsDocument());
});

test('it has every option, by flag and by key', () => {
  const lines = optionsDocument().split('\n');
  for (const name of Object.keys(OPTIONS))
    expect(
      lines.some((line) => line.includes(`\`${name}\``)),
      name,
    ).toBe(true);
});

test('patterns between backticks can be copied as they stand', () => {
  expect(optionsDocument()).toContain('`2:block7*`');
  expect(optionsDocument()).toContain('`stem_*`');
});
