import { describe, expect, test } from 'vitest';
import { setupModule } from './sandbox.js';

interface Wheel {
  name: string;
  version: string;
  platform: string;
  file: string;
  sha256: string;
}
const { pinnedWheel, isTried, parseWheelName } = await setupModule<{
  pinnedWheel(platform: string, arch: string, options?: { gpu?: boolean }): Wheel;
  isTried(version: string): boolean;
  parseWheelName(file: string): { name: string; version: string } | undefined;
}>('wheels');
const { pipArguments } = await setupModule<{
  pipArguments(wheel: Wheel, folder: string, options?: { cache?: boolean }): string[];
}>('download');
const { cudaArguments } = await setupModule<{ cudaArguments(folder: string): string[] }>('gpu');

describe('pinned wheels', () => {
  test.each([
    ['linux', 'x64', 'tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl'],
    ['linux', 'arm64', 'tensorflow-2.21.0-cp311-cp311-manylinux_2_27_aarch64.whl'],
    ['darwin', 'arm64', 'tensorflow-2.21.0-cp311-cp311-macosx_12_0_arm64.whl'],
  ])('%s %s: %s', (platform, arch, file) => {
    const wheel = pinnedWheel(platform, arch);
    expect(wheel.file).toBe(file);
    expect(wheel.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(parseWheelName(wheel.file)).toEqual({ name: wheel.name, version: wheel.version });
  });

  test('no two wheels share a hash', () => {
    const wheels = [
      pinnedWheel('linux', 'x64'),
      pinnedWheel('linux', 'x64', { gpu: true }),
      pinnedWheel('linux', 'arm64'),
      pinnedWheel('darwin', 'arm64'),
    ];
    expect(new Set(wheels.map(({ sha256 }) => sha256)).size).toBe(wheels.length);
  });

  test('a platform without one is told what there is', () => {
    expect(() => pinnedWheel('win32', 'x64')).toThrow(/Windows is not supported.*WSL/);
    expect(() => pinnedWheel('darwin', 'x64')).toThrow(/darwin-x64.*darwin-arm64.*SAM_FINETUNE_TENSORFLOW/);
    expect(() => pinnedWheel('linux', 'arm64', { gpu: true })).toThrow(/linux-arm64.*without --gpu/);
  });

  test.each([
    ['2.17.1', false],
    ['2.18.0', true],
    ['2.21.0', true],
    ['2.22.0', false],
    ['3.20.0', false],
  ])('version %s is tried: %s', (version, expected) => expect(isTried(version)).toBe(expected));

  test('a file of another name is not taken for a wheel of TensorFlow', () => {
    expect(parseWheelName('torch-2.21.0-cp311-cp311-linux_x86_64.whl')).toBeUndefined();
    expect(parseWheelName('tensorflow-2.21.0.tar.gz')).toBeUndefined();
  });
});

describe('the commands', () => {
  test('pip is asked for one fixed wheel, whatever Python runs it', () => {
    const args = pipArguments(pinnedWheel('linux', 'x64'), '/there').join(' ');
    for (const part of [
      'pip download',
      '--no-deps',
      '--only-binary=:all:',
      '--platform manylinux_2_27_x86_64',
      '--python-version 311',
      '--implementation cp',
      '--abi cp311',
      '--dest /there',
      'tensorflow-cpu==2.21.0',
    ])
      expect(args).toContain(part);
  });

  test('CUDA packages go beside TensorFlow, without anything that they ask for', () => {
    const args = cudaArguments('/there');
    expect(args.join(' ')).toContain('pip install --no-deps --only-binary=:all:');
    expect(args.join(' ')).toContain('--target /there');
    const packages = args.slice(args.indexOf('/there') + 1);
    expect(packages).toHaveLength(12);
    for (const name of packages) expect(name).toMatch(/^nvidia-[a-z-]+-cu12>=[\d.]+,<\d+\.0$/);
  });
});
