import { Command } from 'commander';
import { expect, test, vi } from 'vitest';
import { addTasks } from '../../src/cli/tasks.js';

async function tasks(...args: string[]): Promise<string> {
  const program = new Command();
  addTasks(program);
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    await program.parseAsync(['tasks', ...args], { from: 'user' });
    return write.mock.calls.map(([text]) => text).join('');
  } finally {
    write.mockRestore();
  }
}

test('tells size, download, licence and source of each', async () => {
  const blocks = (await tasks()).split('\n\n');
  expect(blocks.find((block) => block.startsWith('imagenette-160:'))).toBe(
    [
      'imagenette-160: Imagenette (shorter side 160 px)',
      '  9,469 training images, 3,925 held out, of many sizes, 10 classes',
      '  download: 99.0 MB',
      "  licence: Apache 2.0; the photographs are ImageNet's, for non-commercial research and education only",
      '  source: https://github.com/fastai/imagenette',
    ].join('\n'),
  );
  const blockOf = (name: string) => blocks.find((block) => block.startsWith(`${name}:`))!;
  expect(blockOf('digits')).toContain('8 x 8 px, 10 classes\n  download: none, part of this package');
  expect(blockOf('pets')).toContain('download: 811.1 MB');
  for (const name of ['cars', 'imagenet'])
    expect(blockOf(name)).toContain('download: get its files yourself, and name their folder with --data');
});

test('as JSON: bytes of downloads, null where there is none', async () => {
  const rows = JSON.parse(await tasks('--json')) as { name: string }[];
  const row = (name: string) => rows.find((each) => each.name === name);
  expect(row('flowers102')).toEqual({
    name: 'flowers102',
    title: 'Oxford Flowers-102',
    classes: 102,
    images: { train: 2040, test: 6149 },
    imageShape: null,
    downloadBytes: 344_862_509 + 502 + 14_989,
    licence: expect.stringContaining('Nilsback'),
    origin: 'https://www.robots.ox.ac.uk/~vgg/data/flowers/102/',
  });
  expect(row('cifar10')).toMatchObject({ imageShape: [32, 32], downloadBytes: 170_052_171 });
  expect(row('digits')).toMatchObject({ downloadBytes: 0 });
  expect(row('cars')).toMatchObject({ downloadBytes: null });
});
