import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { imagenetAliases, imagenetClasses, imagenetLabels } from '../../../models/labels/index.js';
import { matchClasses } from '../../../src/model/head/match.js';
import { testData } from '../../test-data.js';

const photos = testData('photos/classes.json');

describe('the classes of ImageNet', () => {
  test('are 1,000 with a name and an identifier of their own, in the order of the identifiers', () => {
    const labels = imagenetLabels();
    const wnids = imagenetClasses().map(({ wnid }) => wnid);
    expect([labels.length, new Set(labels).size]).toEqual([1000, 1000]);
    expect(wnids).toEqual(wnids.toSorted());
    expect(new Set(wnids).size).toBe(1000);
    expect([labels[0], labels[388], labels[999]]).toEqual(['tench', 'giant panda', 'toilet tissue']);
  });

  test('have other names; one that two of them share is nobody`s', () => {
    const aliases = imagenetAliases();
    expect([aliases.get('n01440764'), aliases.get('Tinca tinca')]).toEqual(['tench', 'tench']);
    expect(imagenetLabels().filter((label) => label.startsWith('crane'))).toEqual([
      'crane (bird)',
      'crane (machine)',
    ]);
    expect(aliases.has('crane')).toBe(false);
    const labels = new Set(imagenetLabels());
    for (const [alias, label] of aliases)
      expect([labels.has(alias), labels.has(label)]).toEqual([false, true]);
  });

  test.skipIf(!photos)('stand at the indices that the photographs` classes are known to have', () => {
    const known: Record<string, { name: string; imagenet1k_index: number }> = JSON.parse(
      readFileSync(photos!, 'utf8'),
    );
    for (const [wnid, { name, imagenet1k_index: index }] of Object.entries(known)) {
      expect(imagenetClasses()[index]).toMatchObject({ wnid, label: name });
    }
    const matches = matchClasses(imagenetLabels(), Object.keys(known));
    expect(matches.map(({ oldIndex }) => oldIndex)).toEqual(
      Object.values(known).map(({ imagenet1k_index }) => imagenet1k_index),
    );
  });
});
