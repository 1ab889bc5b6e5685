import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { setupModule, useSandbox, write } from './sandbox.js';

const { dependenciesPresent, isCheckout, npmCommand, nodeGyp } = await setupModule<{
  dependenciesPresent(root: string): boolean;
  isCheckout(root: string): boolean;
  npmCommand(env: NodeJS.ProcessEnv): string[] | undefined;
  nodeGyp(env: NodeJS.ProcessEnv): string | undefined;
}>('dependencies');
const { isCompiled, provideCompiled } = await setupModule<{
  isCompiled(root: string): boolean;
  provideCompiled(root: string): Promise<void>;
}>('compile');
const sandbox = useSandbox();

describe('npm packages', () => {
  type Packages = Record<string, object>;
  const prepare = (wanted: Packages, installed?: Packages) => {
    const root = sandbox.path('project');
    write(join(root, 'package-lock.json'), JSON.stringify({ packages: { '': {}, ...wanted } }));
    if (installed)
      write(join(root, 'node_modules', '.package-lock.json'), JSON.stringify({ packages: installed }));
    return dependenciesPresent(root);
  };
  const a = { 'node_modules/a': { version: '1.0.0' } };
  const elsewhere = { 'node_modules/a-for-another-system': { version: '1.0.0', optional: true } };

  test('are there when what npm noted is what the lock file asks for', () => {
    expect(prepare(a, a)).toBe(true);
    expect(prepare({ ...a, ...elsewhere }, a)).toBe(true);
  });

  test('are not when npm has not finished, or the lock file has changed', () => {
    expect(prepare(a)).toBe(false);
    expect(prepare(a, {})).toBe(false);
    expect(prepare({ 'node_modules/a': { version: '1.0.1' } }, a)).toBe(false);
    expect(prepare({}, a)).toBe(false);
  });

  test('npm and its node-gyp are found through the npm that runs the script', () => {
    const npm = sandbox.path('npm');
    const script = write(join(npm, 'bin', 'npm-cli.js'));
    const gyp = write(join(npm, 'node_modules', 'node-gyp', 'bin', 'node-gyp.js'));
    const env = { npm_execpath: script, PATH: '' };
    expect(npmCommand(env)).toEqual([process.execPath, script]);
    expect(nodeGyp(env)).toBe(gyp);
  });
});

describe('compiling', () => {
  /** A checkout whose TypeScript compiler is one line of JavaScript. */
  function prepare({ tsc = 'require("fs").writeFileSync("dist-was-made", "")' } = {}): string {
    const root = sandbox.path('project');
    write(join(root, 'src', 'index.ts'), 'export {};');
    write(join(root, 'src', 'room', 'other.ts'), 'export {};');
    write(join(root, 'tsconfig.json'), '{}');
    write(join(root, 'node_modules', 'typescript', 'package.json'), '{"bin": {"tsc": "./bin/tsc"}}');
    write(join(root, 'node_modules', 'typescript', 'bin', 'tsc'), tsc);
    return root;
  }

  test('happens once, and again when a source has changed or is gone', async () => {
    const root = prepare();
    expect(isCheckout(root)).toBe(true);
    expect(isCompiled(root)).toBe(false);
    await provideCompiled(root);
    expect(existsSync(join(root, 'dist-was-made'))).toBe(true);
    expect(isCompiled(root)).toBe(true);
    write(join(root, 'src', 'index.ts'), 'export const changed = 1;');
    expect(isCompiled(root)).toBe(false);
    write(join(root, 'dist', 'src', 'stale.js'));
    await provideCompiled(root);
    expect(readdirSync(join(root, 'dist'))).toEqual(['build.json']);
    rmSync(join(root, 'src', 'room', 'other.ts'));
    expect(isCompiled(root)).toBe(false);
  });

  test('a failure is an error, and is tried again', async () => {
    const root = prepare({ tsc: 'process.exit(2)' });
    await expect(provideCompiled(root)).rejects.toThrow(/did not compile.*run set-up again/);
    expect(isCompiled(root)).toBe(false);
    expect(vi.mocked(process.stderr.write)).toHaveBeenCalled();
  });

  test('an installed package is no checkout', () => {
    write(sandbox.path('package', 'package.json'), '{}');
    expect(isCheckout(sandbox.path('package'))).toBe(false);
  });
});
