import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { batches } from '../../../src/data/batches.js';
import type { Dataset, Task } from '../../../src/data/dataset.js';
import { namesOf } from '../../../src/data/images/index.js';
import { loadPlace } from '../../../src/data/layouts/index.js';
import { indexTar } from '../../../src/data/tar/index.js';
import { testData } from '../../test-data.js';
import { temporaryFolder, write, writeColour } from '../fixtures.js';
import { END, member } from '../tar/write.js';

const pack = (archive: string, folder: string, names: readonly string[], options: readonly string[] = []) => {
  execFileSync('tar', [...options, '-cf', archive, '-C', folder, ...names]);
  return archive;
};
const load = (place: string, cache = temporaryFolder()) => loadPlace(place, { cache });
const membersOf = ({ source }: Dataset) =>
  source.kind === 'encoded'
    ? [...namesOf(source.images)].map((name) => name.slice(name.indexOf(': ') + 2))
    : [];
/** Class name and member of each image. */
const listed = (task: Task, split: 'train' | 'test' = 'train') =>
  membersOf(task[split]).map((member, i) => `${task.classes[task[split].labels[i]!]} ${member}`);

/** Folders of small pictures: a colour a class. */
async function pictures(...paths: string[]): Promise<string> {
  const folder = temporaryFolder();
  for (const [i, path] of paths.entries()) await writeColour(join(folder, path), [(i * 40) % 256, 100, 50]);
  return folder;
}

async function pixelsOf(dataset: Dataset, indices?: Int32Array): Promise<string[]> {
  const found: string[] = [];
  const options = { batchSize: 16, imageSize: 16, ...(indices && { indices }) };
  for await (const batch of batches(dataset, options)) {
    for (let i = 0; i < batch.size; i++)
      found.push(Buffer.from(batch.images.data.subarray(i * 768, (i + 1) * 768)).toString('base64'));
    batch.dispose();
  }
  return found;
}

/** Shards of 200 photographs: labels as numbers, names of the classes beside them. */
const WRITE_SHARDS = `
import io, os, sys, tarfile
photos, place = sys.argv[1:]
classes = sorted(os.listdir(os.path.join(photos, 'train')))
open(os.path.join(place, 'classnames.txt'), 'w').write('\\n'.join(classes) + '\\n')
for split, prefix in (('train', 'train'), ('val', 'validation')):
    tar = None
    rows = [(label, os.path.join(photos, split, name, file)) for label, name in enumerate(classes)
            for file in sorted(os.listdir(os.path.join(photos, split, name)))]
    for i, (label, path) in enumerate(rows):
        if i % 200 == 0:
            if tar: tar.close()
            tar = tarfile.open(os.path.join(place, '%s-%06d.tar' % (prefix, i // 200)), 'w')
        for ending, content in (('jpg', open(path, 'rb').read()), ('cls', str(label).encode())):
            info = tarfile.TarInfo('%06d.%s' % (i, ending))
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    tar.close()
`;

const LONG = `${'a-rather-long-name-of-a-class-'.repeat(4)}x`;

describe.each(['ustar', 'pax', 'gnu', 'v7'])('class folders in the format %s', (format) => {
  const options = [`--format=${format}`];

  test('with splits, and with folders before the classes', async () => {
    const folder = await pictures(
      'set/train/b/2.png',
      'set/train/a/1.png',
      'set/val/a/deep/3.png',
      'set/val/b/4.png',
    );
    const task = await load(pack(join(folder, 'x.tar'), folder, ['set'], options));
    expect(task.name).toBe('x');
    expect(listed(task).sort()).toEqual(['a set/train/a/1.png', 'b set/train/b/2.png']);
    expect(listed(task, 'test').sort()).toEqual(['a set/val/a/deep/3.png', 'b set/val/b/4.png']);
  });

  test('without: a part of each class is held out', async () => {
    const folder = await pictures(...[1, 2, 3].flatMap((n) => [`set/a/${n}.png`, `set/b/${n}.png`]));
    const task = await load(pack(join(folder, 'x.tar'), folder, ['./set'], options));
    expect(task.classes).toEqual(['a', 'b']);
    expect([task.train.length, task.test.length]).toEqual([4, 2]);
    expect(await pixelsOf(task.train)).toHaveLength(4);
  });
});

describe.each(['pax', 'gnu'])('long names in the format %s', (format) => {
  test('are whole', async () => {
    const names = [1, 2].flatMap((n) => [`${LONG}/${LONG}-${n}.png`, `ünïcode/图-${n}.png`]);
    const folder = await pictures(...names);
    const task = await load(pack(join(folder, 'x.tar'), folder, [LONG, 'ünïcode'], [`--format=${format}`]));
    expect(task.classes).toEqual([LONG, 'ünïcode']);
    expect([...membersOf(task.train), ...membersOf(task.test)].sort()).toEqual(names.sort());
    expect(await pixelsOf(task.train)).toHaveLength(2);
  });
});

describe('several archives in a folder', () => {
  test('one a split', async () => {
    const folder = await pictures('train/a/1.png', 'train/b/2.png', 'val/a/3.png', 'val/b/4.png');
    const place = join(folder, 'tars');
    mkdirSync(place);
    for (const split of ['train', 'val'])
      pack(join(place, `my-${split}.tar`), join(folder, split), ['a', 'b']);
    const task = await load(place);
    expect(listed(task).sort()).toEqual(['a a/1.png', 'b b/2.png']);
    expect(listed(task, 'test').sort()).toEqual(['a a/3.png', 'b b/4.png']);
  });

  test("one a class, as ImageNet's are", async () => {
    const folder = await pictures('n01/x_1.png', 'n01/x_2.png', 'n02/y_1.png', 'n02/y_2.png');
    const place = join(folder, 'tars');
    mkdirSync(place);
    for (const name of ['n01', 'n02'])
      pack(join(place, `${name}.tar`), join(folder, name), readdirSync(join(folder, name)));
    const task = await load(place);
    expect(task.classes).toEqual(['n01', 'n02']);
    expect([task.train.length, task.test.length]).toEqual([2, 2]);
  });

  test("one within another, as ImageNet's training images are", async () => {
    const folder = await pictures('n01/x_1.png', 'n01/x_2.png', 'n02/y_1.png', 'n02/y_2.png');
    for (const name of ['n01', 'n02'])
      pack(join(folder, `${name}.tar`), join(folder, name), readdirSync(join(folder, name)));
    const task = await load(pack(join(folder, 'all.tar'), folder, ['n01.tar', 'n02.tar']));
    expect(task.classes).toEqual(['n01', 'n02']);
    expect([...listed(task), ...listed(task, 'test')].sort()).toEqual([
      'n01 n01.tar/x_1.png',
      'n01 n01.tar/x_2.png',
      'n02 n02.tar/y_1.png',
      'n02 n02.tar/y_2.png',
    ]);
    expect(await pixelsOf(task.train)).toHaveLength(2);
  });
});

describe('which archives are classes', () => {
  const packAll = async (...archives: [name: string, paths: string[]][]) => {
    const folder = await pictures(
      ...archives.flatMap(([name, paths]) => paths.map((path) => `${name}/${path}`)),
    );
    const place = join(folder, 'tars');
    mkdirSync(place);
    for (const [name] of archives)
      pack(join(place, `${name}.tar`), join(folder, name), readdirSync(join(folder, name)));
    return place;
  };

  test('one that is called like a split, among others that are not', async () => {
    const place = await packAll(
      ['freight-train', ['1.png', '2.png']],
      ['ship', ['ship/1.png', 'ship/2.png']],
    );
    const task = await load(place);
    expect(task.classes).toEqual(['freight-train', 'ship']);
    expect([task.train.length, task.test.length]).toEqual([2, 2]);
  });

  test('not those of the splits, of which one may have a single class', async () => {
    const place = await packAll(['train', ['a/1.png', 'b/2.png']], ['val', ['a/3.png']]);
    const task = await load(place);
    expect(task.classes).toEqual(['a', 'b']);
    expect(listed(task, 'test')).toEqual(['a a/3.png']);
    const bare = await packAll(['train', ['1.png']], ['val', ['2.png']]);
    await expect(load(bare)).rejects.toThrow(/train\.tar: 1\.png is in no class folder/);
  });

  test('not parts of one set, of which one has a single class', async () => {
    const task = await load(
      await packAll(
        ['part-0', ['a/1.png', 'a/2.png']],
        ['part-1', ['b/1.png', 'b/2.png', 'c/1.png', 'c/2.png']],
      ),
    );
    expect(task.classes).toEqual(['a', 'b', 'c']);
  });

  test('one without images is named', async () => {
    const place = await packAll(['a', ['1.png']], ['b', ['2.png']]);
    const folder = temporaryFolder();
    write(join(folder, 'readme.md'), 'none');
    pack(join(place, 'c.tar'), folder, ['readme.md']);
    await expect(load(place)).rejects.toThrow(/c\.tar has no images, and is one of several classes/);
  });
});

test('a task is the same one however its place is put, and compressed or not', async () => {
  const folder = await pictures('a/1.png', 'a/2.png', 'b/1.png', 'b/2.png');
  const place = join(folder, 'tars');
  mkdirSync(place);
  for (const name of ['a', 'b'])
    pack(join(place, `${name}.tar`), join(folder, name), readdirSync(join(folder, name)));
  const { fingerprint } = await load(place);
  expect((await load(`${place}/`)).fingerprint).toBe(fingerprint);
  expect((await load(`${relative(process.cwd(), place)}/.`)).fingerprint).toBe(fingerprint);
  const moved = join(temporaryFolder(), 'moved');
  cpSync(place, moved, { recursive: true });
  expect((await load(moved)).fingerprint).toBe(fingerprint);

  const one = await load(pack(join(folder, 'x.tar'), folder, ['a', 'b']));
  const zipped = pack(join(folder, 'x.tgz'), folder, ['a', 'b'], ['-z']);
  const two = await load(zipped);
  expect(two.fingerprint).toBe(one.fingerprint);
  utimesSync(zipped, new Date(1e12), new Date(1e12));
  expect((await load(zipped)).fingerprint).toBe(one.fingerprint);
  expect(two.train.source.kind === 'encoded' && two.train.source.images.nameOf(0)).toMatch(/x\.tgz: a\//);
});

test('a compressed archive is unpacked once, and again when it has changed', async () => {
  const folder = await pictures('a/1.png', 'a/2.png', 'b/1.png', 'b/2.png');
  const archive = join(folder, 'x.tar.gz');
  pack(archive, folder, ['a', 'b'], ['-z']);
  const cache = temporaryFolder();
  const first = await load(archive, cache);
  expect(first.classes).toEqual(['a', 'b']);
  expect((await load(archive, cache)).fingerprint).toBe(first.fingerprint);
  const unpacked = join(cache, 'data/unpacked');
  expect(readdirSync(unpacked)).toHaveLength(1);
  utimesSync(archive, new Date(1e12), new Date(1e12));
  await load(archive, cache);
  expect(readdirSync(unpacked)).toHaveLength(2);
  truncateSync(archive, 200);
  await expect(load(archive, cache)).rejects.toThrow(/x\.tar\.gz cannot be unpacked: .*Get it again/);
  expect(readdirSync(unpacked)).toHaveLength(2);
});

test('the index of a large archive is kept, and made anew where it is damaged', async () => {
  const folder = temporaryFolder();
  for (let i = 0; i < 1200; i++) write(join(folder, `set/${i % 2 ? 'a' : 'b'}/${i}.png`), 'x');
  const archive = pack(join(folder, 'x.tar'), folder, ['set']);
  const cache = temporaryFolder();
  const first = await load(archive, cache);
  const indexes = join(cache, 'data/indexes');
  const [index] = readdirSync(indexes);
  expect(await load(archive, cache)).toEqual(first);
  writeFileSync(join(indexes, index!), readFileSync(join(indexes, index!)).subarray(0, 500));
  expect((await load(archive, cache)).fingerprint).toBe(first.fingerprint);
});

const photos = testData('photos');

test.skipIf(!photos)('real photographs: batches as from the folder, in order and out of it', async () => {
  const folder = temporaryFolder();
  const archive = join(folder, 'photos.tar');
  execFileSync('tar', ['--sort=name', '-cf', archive, '-C', photos!, 'train', 'val']);
  const [packed, loose] = [await load(archive), await load(photos!)];
  expect(packed.classes).toEqual(loose.classes);
  const of = async (task: Task, split: 'train' | 'test', indices?: Int32Array) => {
    const found: unknown[] = [];
    for await (const batch of batches(task[split], {
      batchSize: 50,
      imageSize: 32,
      ...(indices && { indices }),
    })) {
      found.push([...batch.labels.data], Buffer.from(batch.images.data).toString('base64'));
      batch.dispose();
    }
    return found;
  };
  expect(await of(packed, 'test')).toEqual(await of(loose, 'test'));
  const jumping = Int32Array.from({ length: 100 }, (_, i) => (i * 137) % 600);
  expect(await of(packed, 'train', jumping)).toEqual(await of(loose, 'train', jumping));
});

describe('what is not meant', () => {
  test('hidden files and folders, as in a folder', async () => {
    const names = ['a/1.png', 'a/2.png', 'b/1.png', 'b/2.png'];
    const hidden = ['a/.ipynb_checkpoints/1.png', '.git/x/3.png', 'a/._1.png'];
    const folder = await pictures(...names, ...hidden);
    const task = await load(pack(join(folder, 'x.tar'), folder, ['a', 'b', '.git']));
    expect(task.classes).toEqual(['a', 'b']);
    expect([...membersOf(task.train), ...membersOf(task.test)].sort()).toEqual(names);
  });

  test('images beside the splits, and a test split beside validation, as in a folder', async () => {
    const folder = await pictures(
      ...['train', 'val'].flatMap((split) => [`set/${split}/a/1.png`, `set/${split}/b/1.png`]),
      'set/test/unknown/1.png',
      'set/docs/figure.png',
      'set/preview.png',
    );
    const packed = await load(pack(join(folder, 'x.tar'), folder, ['set']));
    const loose = await load(join(folder, 'set'));
    expect(packed.classes).toEqual(loose.classes);
    expect(listed(packed).sort()).toEqual(['a set/train/a/1.png', 'b set/train/b/1.png']);
    expect(listed(packed, 'test').sort()).toEqual(['a set/val/a/1.png', 'b set/val/b/1.png']);
  });

  test('descriptions beside images in class folders', async () => {
    const names = ['a/1.png', 'a/2.png', 'b/1.png', 'b/2.png'];
    const folder = await pictures(...names);
    for (const name of names) write(join(folder, name.replace('png', 'json')), '{"width": 16}');
    expect((await load(pack(join(folder, 'x.tar'), folder, ['a', 'b']))).classes).toEqual(['a', 'b']);
  });

  test('how a path is written', () => {
    const content = ['s//a/1.jpg', 's/./a/2.jpg', './s/b:c/1.jpg', 's/b:c//2.jpg', 'd:x/3.jpg'];
    const archive = write(
      join(temporaryFolder(), 'x.tar'),
      Buffer.concat([...content.map((name) => member(name, 'one')), END]),
    );
    const { names } = indexTar(archive, temporaryFolder());
    expect(Array.from({ length: names.length }, (_, i) => names.at(i))).toEqual([
      's/a/1.jpg',
      's/a/2.jpg',
      's/b:c/1.jpg',
      's/b:c/2.jpg',
      'd:x/3.jpg',
    ]);
  });
});

describe('what is wrong is named', () => {
  const small = async () => {
    const folder = await pictures('a/1.png', 'a/2.png', 'b/1.png', 'b/2.png');
    return { folder, archive: pack(join(folder, 'x.tar'), folder, ['a', 'b']) };
  };

  test('a file that is no archive, and an empty one', async () => {
    const folder = temporaryFolder();
    await expect(load(write(join(folder, 'x.tar'), 'a text'.repeat(200)))).rejects.toThrow(
      /x\.tar cannot be read as a tar archive: it is none, at byte 0/,
    );
    await expect(load(write(join(folder, 'y.tar'), ''))).rejects.toThrow(/y\.tar .*it is empty, at byte 0/);
    await expect(load(write(join(folder, 'z.tar'), 'short'))).rejects.toThrow(
      /z\.tar .*cut off in a header, at byte 0/,
    );
  });

  test('one that is cut off', async () => {
    const { archive } = await small();
    truncateSync(archive, 1040);
    await expect(load(archive)).rejects.toThrow(
      /x\.tar .*it is cut off in a\/\d\.png: \d+ bytes are due, \d+ are left, at byte \d+/,
    );
  });

  test('a header that is damaged', async () => {
    const { archive } = await small();
    const content = readFileSync(archive);
    const at = content.indexOf('a/2.png');
    content[at + 3] = 0x21;
    writeFileSync(archive, content);
    await expect(load(archive)).rejects.toThrow(new RegExp(`a header is damaged, at byte ${at}`));
  });

  test('members that climb out, or begin at the root', async () => {
    const folder = await pictures('in/a/1.png', 'a/1.png');
    execFileSync('tar', ['-P', '-cf', join(folder, 'up.tar'), '-C', join(folder, 'in'), '../a/1.png']);
    await expect(load(join(folder, 'up.tar'))).rejects.toThrow(
      /up\.tar has the member '\.\.\/a\/1\.png', which lies outside/,
    );
    execFileSync('tar', ['-P', '-cf', join(folder, 'root.tar'), join(folder, 'a/1.png')]);
    await expect(load(join(folder, 'root.tar'))).rejects.toThrow(
      /root\.tar has the member '\/.*1\.png', which lies outside/,
    );
  });

  test('links in place of images', async () => {
    const folder = await pictures('a/1.png', 'b/1.png');
    symlinkSync('1.png', join(folder, 'a/2.png'));
    await expect(load(pack(join(folder, 'x.tar'), folder, ['a', 'b']))).rejects.toThrow(
      /x\.tar holds a\/2\.png as a link.*--dereference/,
    );
  });

  test.each(['3', '4', '6'])('a device or pipe (%s) in place of an image', async (letter) => {
    const content = [member('a/1.jpg', 'one'), member('b/2.jpg', '', letter), END];
    const archive = write(join(temporaryFolder(), 'x.tar'), Buffer.concat(content));
    await expect(load(archive)).rejects.toThrow(/x\.tar holds b\/2\.jpg as a device or pipe, not as a file/);
  });

  test('an image that is there twice, as after tar -r: it would be in both splits', async () => {
    const { folder, archive } = await small();
    execFileSync('tar', ['-rf', archive, '-C', folder, 'b/1.png']);
    await expect(load(archive)).rejects.toThrow(/x\.tar: b\/1\.png is in the archive twice\. Unpack it/);
  });

  test('what is no image may be there twice', async () => {
    const { folder, archive } = await small();
    write(join(folder, 'readme.md'), 'none');
    for (let i = 0; i < 2; i++) execFileSync('tar', ['-rf', archive, '-C', folder, 'readme.md']);
    expect((await load(archive)).classes).toEqual(['a', 'b']);
  });

  test('a class that is held out and not trained on', async () => {
    const folder = await pictures('train/a/1.png', 'train/b/1.png', 'val/a/2.png', 'val/B/2.png');
    await expect(load(pack(join(folder, 'x.tar'), folder, ['train', 'val']))).rejects.toThrow(
      /x\.tar: val\/B\/2\.png is of the class B, and train has no image of it/,
    );
  });

  test('a folder called train beside class folders: none of them is left out', async () => {
    const folder = await pictures('v/train/old/1.png', 'v/train/new/1.png', 'v/bus/1.png');
    await expect(load(pack(join(folder, 'x.tar'), folder, ['v']))).rejects.toThrow(
      /x\.tar: v\/bus\/1\.png is of no split, and other images of \S+x\.tar are of train/,
    );
  });

  test('an archive of no split beside those of splits', async () => {
    const folder = await pictures('a/1.png', 'a/2.png', 'b/1.png', 'b/2.png');
    const place = join(folder, 'tars');
    mkdirSync(place);
    for (const name of ['train', 'more']) pack(join(place, `${name}.tar`), folder, ['a', 'b']);
    await expect(load(place)).rejects.toThrow(
      /more\.tar: a\/\d\.png is of no split, and other images of \S+tars are of train/,
    );
  });

  test('an image in no class folder', async () => {
    const folder = await pictures('1.png', 'a/1.png', 'b/1.png');
    await expect(load(pack(join(folder, 'x.tar'), folder, ['1.png', 'a', 'b']))).rejects.toThrow(
      /x\.tar: 1\.png is in no class folder/,
    );
  });

  test('an archive that became shorter since', async () => {
    const { archive } = await small();
    const task = await load(archive);
    truncateSync(archive, 600);
    await expect(pixelsOf(task.train)).rejects.toThrow(
      /Cannot read the image .*x\.tar: .*\.png: the archive was changed since/,
    );
  });
});

describe('WebDataset', () => {
  /** Shards with samples by `write`; the files of a key lie one behind the other. */
  async function shards(samples: Record<string, Record<string, string>>, splitAt = 3): Promise<string> {
    const folder = temporaryFolder();
    const place = join(folder, 'shards');
    mkdirSync(place);
    const names: string[] = [];
    for (const [key, files] of Object.entries(samples)) {
      for (const [ending, content] of Object.entries(files)) {
        const path = join(folder, `${key}.${ending}`);
        if (content === 'IMAGE') await writeColour(path, [names.length * 5, 9, 9]);
        else write(path, content);
        names.push(`${key}.${ending}`);
      }
    }
    const keyCount = Object.keys(samples).length;
    const perShard = Math.ceil(keyCount / Math.ceil(keyCount / splitAt));
    const keys = Object.keys(samples);
    for (let at = 0, n = 0; at < keys.length; at += perShard, n++) {
      const own = keys.slice(at, at + perShard);
      pack(
        join(place, `set-${String(n).padStart(3, '0')}.tar`),
        folder,
        names.filter((name) => own.some((key) => name.startsWith(`${key}.`))),
      );
    }
    return place;
  }
  const six = (label: (i: number) => Record<string, string>) =>
    Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`s${i}`, { jpg: 'IMAGE', ...label(i) }]));

  test.each<[string, (i: number) => Record<string, string>, string[]]>([
    ['.cls', (i) => ({ cls: `${10 * (i % 2) + 2}\n` }), ['2', '12']],
    ['.txt', (i) => ({ txt: i % 2 ? 'dog' : 'cat' }), ['cat', 'dog']],
    ['.json with a number', (i) => ({ json: JSON.stringify({ label: i % 2, width: 3 }) }), ['0', '1']],
    [
      '.json with a name',
      (i) => ({ json: JSON.stringify({ class: i % 2 ? 'dog' : 'cat' }) }),
      ['cat', 'dog'],
    ],
  ])('labels in %s', async (_, label, classes) => {
    const task = await load(await shards(six(label)));
    expect(task.classes).toEqual(classes);
    const all = [...listed(task), ...listed(task, 'test')].sort();
    expect(all).toEqual(Array.from({ length: 6 }, (_, i) => `${classes[i % 2]} s${i}.jpg`).sort());
    expect(new Set(await pixelsOf(task.train)).size).toBe(task.train.length);
  });

  test('names of the classes beside the shards, splits by their names, a pattern', async () => {
    const place = await shards(six((i) => ({ cls: String(i % 2) })));
    write(join(place, 'classes.txt'), 'cat\ndog\n');
    cpSync(join(place, 'set-000.tar'), join(place, 'train-000.tar'));
    cpSync(join(place, 'set-001.tar'), join(place, 'val-000.tar'));
    for (const name of ['set-000.tar', 'set-001.tar']) execFileSync('rm', [join(place, name)]);
    const task = await load(place);
    expect(task.classes).toEqual(['cat', 'dog']);
    expect([task.train.length, task.test.length]).toEqual([3, 3]);
    cpSync(join(place, 'val-000.tar'), join(place, 'train-001.tar'));
    const both = await load(join(place, 'train-{000..001}.tar'));
    expect(both.train.length + both.test.length).toBe(6);
    await expect(load(join(place, 'train-{000..002}.tar'))).rejects.toThrow(/no .*train-002\.tar/);
  });

  test('line i names class i, also of classes without an image', async () => {
    const place = await shards(six((i) => ({ cls: String(i % 2 ? 4 : 1) })));
    write(join(place, 'labels.txt'), 'zero\none\ntwo\nthree\nfour\nfive\n');
    const task = await load(place);
    expect(task.classes).toEqual(['zero', 'one', 'two', 'three', 'four', 'five']);
    expect([...new Set(task.train.labels)].sort()).toEqual([1, 4]);
    expect(listed(task).every((text) => /^(one s[024]|four s[135])/.test(text))).toBe(true);
    write(join(place, 'labels.txt'), 'zero\n\ntwo\n');
    await expect(load(place)).rejects.toThrow(/labels\.txt, line 2: expected the name of a class/);
  });

  const hasPython = spawnSync('python3', ['--version']).status === 0;

  test.skipIf(!photos || !hasPython)(
    'shards that Python wrote give the photographs of the folder',
    async () => {
      const place = join(temporaryFolder(), 'shards');
      mkdirSync(place);
      execFileSync('python3', ['-c', WRITE_SHARDS, photos!, place]);
      const [packed, loose] = [await load(place), await load(photos!)];
      expect(readdirSync(place)).toHaveLength(6);
      expect(packed.classes).toEqual(loose.classes);
      for (const split of ['train', 'test'] as const) {
        expect(packed[split].labels).toEqual(loose[split].labels);
        expect(packed[split].length).toBe(split === 'train' ? 600 : 300);
        // Some of each shard.
        const some = Int32Array.from({ length: packed[split].length / 10 }, (_, i) => 10 * i + (i % 10));
        expect(await pixelsOf(packed[split], some)).toEqual(await pixelsOf(loose[split], some));
      }
    },
  );

  test.each<[string, Record<string, string>, RegExp]>([
    ['no label', {}, /set-00\d\.tar: the sample s1 has no label/],
    ['two images', { png: 'IMAGE', cls: '1' }, /the sample s1 has two images/],
    ['a label that is a text', { cls: 'one\ntwo' }, /the sample s1 has a \.cls that is no label: 'one/],
    ['a JSON that is none', { json: '{' }, /the sample s1 has a \.json that is none/],
    ['a JSON without a label', { json: '{"width": 3}' }, /the sample s1 has no label/],
  ])('%s', async (_, files, message) => {
    const samples = six((i) => ({ cls: String(i % 2) }));
    samples.s1 = { jpg: 'IMAGE', ...files };
    await expect(load(await shards(samples))).rejects.toThrow(message);
  });

  test('a sample without an image, and a label beyond the names', async () => {
    const samples: Record<string, Record<string, string>> = six((i) => ({ cls: String(i % 2) }));
    samples.s1 = { cls: '1' };
    await expect(load(await shards(samples))).rejects.toThrow(/the sample s1 has no image/);
    const place = await shards(six((i) => ({ cls: String(i) })));
    write(join(place, 'classes.txt'), 'cat\ndog\n');
    await expect(load(place)).rejects.toThrow(
      /the sample s2 has the label 2, and there are names for 0\.\.1/,
    );
  });

  test('a label that is none of the names beside it: a slip of the pen is no class', async () => {
    const place = await shards(six((i) => ({ txt: i === 4 ? 'dgo' : i % 2 ? 'dog' : 'cat' })));
    expect((await load(place)).classes).toEqual(['cat', 'dgo', 'dog']);
    write(join(place, 'classes.txt'), 'dog\ncat\n');
    await expect(load(place)).rejects.toThrow(
      /set-001\.tar: the sample s4 has the label dgo, and there are names for 0\.\.1: dog to cat/,
    );
  });
});

test('a folder of class folders stays one, with an archive beside them', async () => {
  const folder = await pictures('a/1.png', 'a/2.png', 'b/1.png', 'b/2.png');
  pack(join(folder, 'x.tar'), folder, ['a', 'b']);
  expect((await load(folder)).classes).toEqual(['a', 'b']);
  expect(existsSync(join(folder, 'x.tar'))).toBe(true);
});
