import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { loadCifar } from '../../../src/data/tasks/cifar.js';
import { CIFAR10 } from '../../../src/data/tasks/cifar10.js';
import { CIFAR100, CIFAR100_COARSE } from '../../../src/data/tasks/cifar100.js';
import { temporaryFolder } from '../../data/fixtures.js';
import { fullRun } from '../../full-run.js';
import { testData } from '../../test-data.js';
import { parityPython, runPython } from '../keras/python.js';

const PACKAGES = ['pyarrow==26.0.1', 'numpy==2.4.6', 'pillow==13.0.0'];

const script = fileURLToPath(new URL('./write_layouts.py', import.meta.url));
const [ten, hundred] = [testData('cifar10/cifar-10-batches-bin'), testData('cifar100/cifar-100-binary')];
const wanted = fullRun && ten !== undefined && hundred !== undefined;
const python = wanted ? await parityPython(PACKAGES) : { missing: 'only in a full run, with the test data' };

describe.skipIf(python.path === undefined)(
  `CIFAR as numpy and pyarrow write it (${python.missing ?? 'here'})`,
  () => {
    test.each([
      [CIFAR10, ten, 'label'],
      [CIFAR100, hundred, 'coarse,fine'],
      [CIFAR100_COARSE, hundred, 'coarse,fine'],
    ] as const)(
      '$name',
      async (layout, binary, labels) => {
        const out = temporaryFolder();
        await runPython(python.path!, script, [binary!, labels, out]);
        const load = (data: string) => loadCifar(layout, { data, cache: '/nowhere' });
        const expected = await load(binary!);
        for (const name of ['python-2', 'python-5', 'parquet']) {
          const task = await load(join(out, name));
          for (const split of ['train', 'test'] as const) {
            expect(task[split].labels).toEqual(expected[split].labels);
            const [own, other] = [task[split].source, expected[split].source];
            if (own.kind !== 'array' || other.kind !== 'array') throw new Error('expected arrays');
            expect(Buffer.compare(own.pixels, other.pixels)).toBe(0);
          }
          expect(task.fingerprint).toBe(expected.fingerprint);
        }
      },
      300_000,
    );
  },
);
