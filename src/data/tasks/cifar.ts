import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type DownloadOptions, provideArchive } from '../../download/index.js';
import { InputError, invalid } from '../../errors.js';
import { fingerprint, type Task } from '../dataset.js';
import { binary } from './cifar-binary.js';
import type { CifarForm, CifarLayout } from './cifar-layout.js';
import { parquet } from './cifar-parquet.js';
import { python } from './cifar-python.js';
import type { TaskOptions } from './entry.js';

/** The layouts that CIFAR is spread in; the first one that is complete is taken. All of them give equal arrays. */
const FORMS: readonly CifarForm[] = [binary, python, parquet];

/**
 * Reads a CIFAR data set from `data` (that folder, or the archive's own folder in it) in any of its layouts, or else from the
 * cache, where its binary layout is downloaded to when needed.
 *
 * @throws InputError for a missing folder or file, a file that is not as its layout says, or a failed download
 */
export async function loadCifar(
  layout: CifarLayout,
  { data, cache, onProgress, ...download }: TaskOptions & DownloadOptions,
): Promise<Task> {
  const { form, folder } =
    data === undefined
      ? await provide(layout, join(cache, 'data'), { onProgress, ...download })
      : locate(layout, data);
  const { classes, train, test } = await form.read(layout, folder);
  return {
    name: layout.name,
    classes,
    train,
    test,
    licence: layout.licence,
    origin: layout.archive.url,
    fingerprint: fingerprint(classes, [train, test]),
  };
}

interface Located {
  form: CifarForm;
  folder: string;
}

async function provide(layout: CifarLayout, directory: string, options: DownloadOptions): Promise<Located> {
  const folder = await provideArchive(layout.archive, directory, options);
  const missing = [...layout.train, ...layout.test].filter((file) => !existsSync(join(folder, file)));
  if (missing.length === 0) return { form: binary, folder };
  throw new InputError(
    `${folder} lacks ${missing.join(', ')}. Remove the folder to have it downloaded again.`,
  );
}

function locate(layout: CifarLayout, data: string): Located {
  const { title } = layout;
  const wayOut = `Leave --data out to have ${title} downloaded.`;
  if (!existsSync(data) || !statSync(data).isDirectory())
    throw invalid('--data', 'an existing folder', data, wayOut);
  let nearest: { form: CifarForm; folder: string; missing: readonly string[] } | undefined;
  for (const form of FORMS) {
    const found = form.find(layout, data);
    if (found?.missing.length === 0) return { form, folder: found.folder };
    if (found) nearest ??= { form, ...found };
  }
  if (nearest) {
    const { form, folder, missing } = nearest;
    throw new InputError(
      `No ${title} in its ${form.title} layout in ${folder}: it lacks ${missing.join(', ')}. ${wayOut}`,
    );
  }
  const { archive, python: inPython } = layout;
  throw new InputError(
    `No ${title} in ${data}: expected the files of ${archive.folder} or ${inPython.folder}, or parquet files. ${wayOut}`,
  );
}
