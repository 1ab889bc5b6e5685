import type { DuplicateGroup } from './duplicates.js';
import type { Inspection } from './inspection.js';
import { counted } from './number-text.js';
import type { ImageRef } from './sample.js';

/** Something that is wrong, in words, with the images that it is about. */
export interface Finding {
  kind: 'unreadable' | 'leaks' | 'label-conflicts' | 'classes' | 'duplicates' | 'suspicious';
  /** What is wrong, with its number. */
  title: string;
  /** What follows from it, and the way out. */
  advice: string;
  items: FindingItem[];
}

/** One case of it. */
export interface FindingItem {
  text: string;
  /** Those that can be shown. */
  images: readonly ImageRef[];
}

const ALIKE = { exact: 'the same bytes', near: 'they look the same' } as const;

/** What an inspection found wrong, the gravest first; empty where nothing is. */
export function findingsOf(inspection: Inspection): Finding[] {
  const { unreadable, leaks, labelConflicts, classProblems, suspicious } = inspection;
  const copies = inspection.duplicates.filter(isPlainCopy);
  const findings: Finding[] = [
    {
      kind: 'unreadable',
      title: counted(unreadable.length, 'image cannot be read', 'images cannot be read'),
      advice:
        'Training stops at the first one: replace or remove them, or skip them with --on-bad-image skip.',
      items: unreadable.map(({ name, reason }) => ({ text: `${name}: ${reason}`, images: [] })),
    },
    {
      kind: 'leaks',
      title: counted(
        leaks.length,
        'held-out image is a training image as well',
        'held-out images are training images as well',
      ),
      advice: 'They measure what was learned by heart: remove them from one of the splits.',
      items: leaks.map(({ kind, heldOut, training }) => ({
        text: `${labelled(heldOut, training)} is ${labelled(training, heldOut)}: ${ALIKE[kind]}`,
        images: [heldOut, training],
      })),
    },
    {
      kind: 'label-conflicts',
      title: counted(labelConflicts.length, 'image has two labels or more', 'images have two labels or more'),
      advice: 'No model can be right about all copies: keep each image in one class.',
      items: labelConflicts.map((group) => ({
        text: `${group.images.map(({ name, class: label }) => `${name} (${label})`).join(', ')}: ${ALIKE[group.kind]}`,
        images: group.images,
      })),
    },
    {
      kind: 'classes',
      title: counted(
        classProblems.length,
        'thing to know about the classes',
        'things to know about the classes',
      ),
      advice: '',
      items: classProblems.map(({ message, classes }) => ({
        text: `${message} (${listed(classes)})`,
        images: [],
      })),
    },
    {
      kind: 'duplicates',
      title: counted(
        copies.length,
        'image is there more than once in its split',
        'images are there more than once in their split',
      ),
      advice: 'Each copy counts as much as another image: keep one of each, unless that is meant.',
      items: copies.map(({ kind, images }) => ({
        text: `${images.map(({ name }) => name).join(', ')}: ${ALIKE[kind]}`,
        images,
      })),
    },
    {
      kind: 'suspicious',
      title: counted(
        suspicious.length,
        'image may not be what was meant',
        'images may not be what was meant',
      ),
      advice: 'Look at them before they are trained on.',
      items: suspicious.map((image) => ({ text: `${image.name}: ${image.reason}`, images: [image] })),
    },
  ];
  return findings.filter(({ items }) => items.length > 0);
}

/** Copies of one class in one split: the others are leaks or conflicts already. */
function isPlainCopy({ images }: DuplicateGroup): boolean {
  const [first] = images as [ImageRef];
  return images.every(({ split, class: label }) => split === first.split && label === first.class);
}

/** An image's name, with its class where that of the other one differs. */
const labelled = ({ name, class: label }: ImageRef, other: ImageRef): string =>
  label === other.class ? name : `${name} (${label})`;

/** Names that are listed before the others are only counted. */
const LISTED = 8;

const listed = (names: readonly string[]): string =>
  names.length > LISTED
    ? `${names.slice(0, LISTED).join(', ')} and ${names.length - LISTED} more`
    : names.join(', ');
