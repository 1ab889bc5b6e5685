import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as h5wasm from 'h5wasm/node';
import { beforeAll, describe, expect, test } from 'vitest';
import { readHdf5 } from '../../../src/weights/keras/hdf5/read.js';
import { readKerasH5 } from '../../../src/weights/keras/index.js';
import { temporaryFolder } from '../temporary-folder.js';
import { type H5Group, layersFile, writeH5 } from './h5-writer.js';
import { functional2, layer2 } from './models.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder.path, name);
const f = (...values: number[]) => Float32Array.from(values);
const conv: [Float32Array, number[]] = [new Float32Array(24).fill(0.5), [1, 1, 3, 8]];

const whole: H5Group = {
  attributes: {
    model_config: JSON.stringify(
      functional2(
        'm',
        [
          layer2('InputLayer', 'image', [], { batch_input_shape: [null, 4, 4, 3] }),
          layer2('Conv2D', 'conv', ['image'], { filters: 8, kernel_size: [1, 1], use_bias: false }),
        ],
        'image',
        'conv',
      ),
    ),
  },
  groups: { model_weights: layersFile({ image: {}, conv: { 'conv/kernel:0': conv[0] } }) },
};
const _objects: H5Group = {
  groups: {
    layers: {
      groups: { conv2d: { groups: { vars: { attributes: { name: 'conv' }, datasets: { 0: conv } } } } },
    },
  },
};

describe('files that are made to harm', () => {
  let sound: Buffer;
  beforeAll(async () => {
    sound = readFileSync(await writeH5(at('sound.h5'), whole));
  });

  test('sizes that are only claimed are refused before anything is allocated', async () => {
    const path = at('huge.h5');
    const file = new h5wasm.File(path, 'w');
    file.create_attribute('layer_names', ['a']);
    const group = file.create_group('a');
    group.create_attribute('weight_names', ['k']);
    // Chunks that were never written take no room.
    const settings = { maxshape: [null, 1024], chunks: [1, 1024], compression: 'gzip' as const };
    const set = group.create_dataset({
      name: 'k',
      data: new Float32Array(1024),
      shape: [1, 1024],
      ...settings,
    });
    set.resize([4_000_000, 1024]);
    file.close();
    await expect(readKerasH5(path)).rejects.toThrow(
      /'\/a\/k' claims 16384000000 bytes, more than a file of \d+ bytes/,
    );
  });

  test('links to other files are refused, and groups that hold themselves', async () => {
    const other = await writeH5(at('other.h5'), { datasets: { secret: f(1) } });
    const make = (name: string, link: (file: h5wasm.File) => void): string => {
      const file = new h5wasm.File(at(name), 'w');
      file.create_attribute('layer_names', ['a']);
      link(file);
      file.close();
      return at(name);
    };
    const external = make('external.h5', (file) => file.create_external_link(other, '/secret', 'a'));
    await expect(readKerasH5(external)).rejects.toThrow(/'\/a' is neither a group nor a dataset/);
    const circle = make('circle.h5', (file) => {
      file.create_group('a');
      file.get('a') instanceof h5wasm.Group &&
        (file.get('a') as h5wasm.Group).create_hard_link('/a', 'again');
    });
    await expect(readKerasH5(circle)).rejects.toThrow(/groups lie more than 64 deep/);
  });

  test('a file at which the library never ends is given up', async () => {
    const names = { layer_names: ['a', 'bb'], keras_version: '2.15.0' };
    const bytes = new Uint8Array(readFileSync(await writeH5(at('names.h5'), { attributes: names })));
    const heap = Buffer.from(bytes).indexOf('GCOL');
    expect(heap).toBeGreaterThan(0);
    // The first string of the heap claims to be empty: the next one is looked for in the middle of it.
    new DataView(bytes.buffer).setUint32(heap + 24, 0, true);
    const path = folder.write('endless.h5', bytes);
    const reading = readHdf5({ path, offset: 0, size: bytes.length }, { longestPause: 1500 });
    await expect(reading).rejects.toThrow(/HDF5 that can be read in .*endless.h5.*does not come to an end/);
  });

  test('nothing is printed, nothing is written, and the process goes on', () => {
    const cut = folder.write('cut.h5', sound.subarray(0, sound.length - 100));
    const noise = folder.write('noise.h5', Buffer.concat([sound.subarray(0, 100), Buffer.alloc(5000, 0xa5)]));
    const before = readdirSync(folder.path);
    const script = `
      import { readKerasH5 } from ${JSON.stringify(new URL('../../../src/weights/keras/index.ts', import.meta.url).href)};
      const failures = [];
      for (const path of ${JSON.stringify([cut, noise])}) await readKerasH5(path).catch(({ name }) => failures.push(name));
      process.exitCode = failures.join() === 'InputError,InputError' ? 0 : 1;`;
    const root = fileURLToPath(new URL('../../..', import.meta.url));
    const args = ['--import', 'tsx', '--input-type=module', '-e', script];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(readdirSync(folder.path)).toEqual(before);
    expect(existsSync(join(root, 'file.h5'))).toBe(false);
  });

  test('HDF5 of another program, and descriptions that do not fit the weights', async () => {
    const others = await writeH5(at('others.h5'), { datasets: { x: f(1) } });
    await expect(readKerasH5(others)).rejects.toThrow(
      /weights of Keras .* in .*others.h5, received other HDF5/,
    );
    const config = JSON.stringify(
      functional2(
        'm',
        [layer2('InputLayer', 'image', [], { batch_input_shape: [null, 4, 4, 3] })],
        'image',
        'image',
      ),
    );
    const extra = await writeH5(at('extra.h5'), { ...whole, attributes: { model_config: config } });
    await expect(readKerasH5(extra)).rejects.toThrow(/layer 'conv' in the model's description in .*extra.h5/);
    const missing = await writeH5(at('missing.h5'), {
      attributes: { layer_names: ['a'] },
      groups: { a: { attributes: { weight_names: ['a/kernel:0'] } } },
    });
    await expect(readKerasH5(missing)).rejects.toThrow(
      /the weight 'a\/kernel:0' of layer 'a' in .*missing.h5/,
    );
  });
});
