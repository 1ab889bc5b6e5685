import { delimiter, join, resolve, sep } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { commandLine, quoted, typed } from '../../src/cli/invocation.js';

const argv = process.argv;
beforeEach(() => vi.stubEnv('INIT_CWD', undefined));
afterEach(() => {
  process.argv = argv;
  vi.unstubAllEnvs();
});

test.each([
  ['an installed package', '/project/node_modules/.bin/sam-finetune', 'npx sam-finetune predict x'],
  ['a global installation', '/opt/bin/sam-finetune', 'sam-finetune predict x'],
  [
    'a script by its path',
    join(process.cwd(), 'bin/sam-finetune.cjs'),
    'node bin/sam-finetune.cjs predict x',
  ],
  ['a link that is not on PATH', '/elsewhere/sam-finetune', 'node /elsewhere/sam-finetune predict x'],
])('called through %s', (_, script, expected) => {
  vi.stubEnv('PATH', ['/usr/bin', '/opt/bin', '/project/node_modules/.bin'].join(delimiter));
  process.argv = [process.execPath, script];
  expect(commandLine('predict', 'x')).toBe(expected);
});

test('paths are as the user would type them', () => {
  expect(typed('runs/x')).toBe(join('runs', 'x'));
  expect(typed(resolve('my run'))).toBe("'my run'");
  expect(typed('.')).toBe('.');
  expect(typed(`${sep}x`)).toBe(`${sep}x`);
});

test('npm runs scripts in the folder of the package: paths are told from where it was called', () => {
  vi.stubEnv('INIT_CWD', resolve('test'));
  expect(typed('runs/x')).toBe(join('..', 'runs', 'x'));
});

test('words are quoted where a shell would take them apart', () => {
  expect(['a-b_c/d.e', "it's", '', 'a;b', '$x'].map(quoted)).toEqual([
    'a-b_c/d.e',
    "'it'\\''s'",
    "''",
    "'a;b'",
    "'$x'",
  ]);
});
