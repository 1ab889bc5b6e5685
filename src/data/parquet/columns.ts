import { parquetSchema, type SchemaTree } from 'hyparquet';
import { InputError, unknownName } from '../../errors.js';
import { LABEL_COLUMNS } from '../label-columns.js';
import type { ParquetFile } from './file.js';

/** A column of values, one a row. */
export interface Column {
  /** `label`, or `image.bytes` of a structure. */
  title: string;
  /** The elements of the schema from the root's child down to the values. */
  path: readonly SchemaTree[];
}

/** The columns that are wanted of a file. */
export interface ImageColumns {
  image: Column;
  label: Column;
  /** Whether labels are names of classes rather than their indices. */
  isNamed: boolean;
  /** Names of the classes, where the file's metadata tells them. */
  classes?: readonly string[];
}

/** Which columns are taken, where it is not left to their names. */
export interface ColumnOptions {
  /** Column of the encoded images. @default by Hugging Face's metadata, or the column's name */
  imageColumn?: string;
  /** Column of the labels. @default by its name, or Hugging Face's metadata */
  labelColumn?: string;
}

/** Names that columns of encoded images go by, the likeliest first; capitals count as well. */
const IMAGE_NAMES = [
  'image',
  'img',
  'images',
  'jpg',
  'jpeg',
  'png',
  'webp',
  'image_bytes',
  'bytes',
  'picture',
  'photo',
];

/**
 * Which columns of a file hold the encoded images and their labels.
 *
 * @throws InputError that lists the columns, where it cannot be told
 */
export function findColumns(file: ParquetFile, { imageColumn, labelColumn }: ColumnOptions): ImageColumns {
  const { children } = parquetSchema(file.metadata);
  const features = featuresOf(file);
  const image = find(file, children, {
    option: 'imageColumn',
    title: 'the encoded images',
    named: imageColumn,
    candidates: children.filter(holdsBytes),
    marked: namesOfType(features, 'Image'),
    usual: IMAGE_NAMES,
  });
  const label = find(file, children, {
    option: 'labelColumn',
    title: 'the labels',
    named: labelColumn,
    candidates: children.filter(holdsLabels),
    marked: namesOfType(features, 'ClassLabel'),
    usual: LABEL_COLUMNS,
  });
  const classes = features.get(label.element.name)?.names;
  return {
    image: columnOf(image.children.length === 0 ? [image] : [image, bytesIn(image)!]),
    label: columnOf([label]),
    isNamed: isText(label),
    ...(Array.isArray(classes) && classes.length > 0 && { classes: classes.map(String) }),
  };
}

interface Wanted {
  option: keyof ColumnOptions;
  title: string;
  named: string | undefined;
  /** Columns whose type is right. */
  candidates: readonly SchemaTree[];
  /** Columns that the metadata calls so. */
  marked: readonly string[];
  usual: readonly string[];
}

function find(file: ParquetFile, children: readonly SchemaTree[], wanted: Wanted): SchemaTree {
  const { option, title, named, candidates, marked, usual } = wanted;
  const all = children.map(describe).join(', ');
  if (named !== undefined) {
    const known = children.map(nameOf);
    if (!known.includes(named)) throw unknownName(`column of ${file.path}`, named, known);
    const found = candidates.find((column) => nameOf(column) === named);
    if (found) return found;
    throw new InputError(
      `Expected ${title} in the column ${named} of ${file.path}, which is none of a kind that is read. Its columns: ${all}.`,
    );
  }
  const byMetadata = candidates.filter((column) => marked.includes(nameOf(column)));
  const pool = byMetadata.length > 0 ? byMetadata : candidates;
  const byName = usual
    .map((name) => pool.find((column) => nameOf(column).toLowerCase() === name))
    .find((column) => column !== undefined);
  if (byName) return byName;
  // Labels are numbers or texts, and so is much else.
  if (pool.length === 1 && (byMetadata.length === 1 || option === 'imageColumn')) return pool[0]!;
  throw new InputError(
    `It cannot be told which column of ${file.path} holds ${title}. Name it (${option}). Its columns: ${all}.`,
  );
}

const nameOf = ({ element }: SchemaTree): string => element.name;

const isText = ({ element }: SchemaTree): boolean =>
  element.type === 'BYTE_ARRAY' &&
  (element.converted_type === 'UTF8' ||
    element.converted_type === 'ENUM' ||
    element.logical_type?.type === 'STRING');

const isBinary = (column: SchemaTree): boolean =>
  column.children.length === 0 && column.element.type === 'BYTE_ARRAY' && !isText(column) && isSingle(column);

const isSingle = ({ element }: SchemaTree): boolean => element.repetition_type !== 'REPEATED';

/** The field `bytes` of a structure. */
const bytesIn = ({ children }: SchemaTree): SchemaTree | undefined =>
  children.find((child) => nameOf(child) === 'bytes' && isBinary(child));

const holdsBytes = (column: SchemaTree): boolean =>
  isSingle(column) && (isBinary(column) || bytesIn(column) !== undefined);

const holdsLabels = (column: SchemaTree): boolean =>
  column.children.length === 0 &&
  isSingle(column) &&
  (isText(column) ||
    (['INT32', 'INT64'].includes(column.element.type ?? '') &&
      [undefined, 'INTEGER'].includes(column.element.logical_type?.type) &&
      /^(U?INT_\d+)?$/.test(column.element.converted_type ?? '')));

function columnOf(path: readonly SchemaTree[]): Column {
  return { title: path.map(nameOf).join('.'), path };
}

/** A column in words: `image (structure of bytes, path)`. */
function describe(column: SchemaTree): string {
  const { element, children } = column;
  if (children.length > 0) return `${element.name} (structure of ${children.map(nameOf).join(', ')})`;
  const type = isText(column)
    ? 'text'
    : isBinary(column)
      ? 'bytes'
      : (element.type ?? 'unknown').toLowerCase();
  return `${element.name} (${type})`;
}

/** What Hugging Face's `datasets` says of a column. */
interface Feature {
  _type?: string;
  names?: readonly string[];
}

/** Features by column, which `datasets` writes into the file's own metadata. */
function featuresOf({ metadata }: ParquetFile): ReadonlyMap<string, Feature> {
  const text = metadata.key_value_metadata?.find(({ key }) => key === 'huggingface')?.value;
  if (text === undefined) return new Map();
  try {
    const { info } = JSON.parse(text) as { info?: { features?: Record<string, Feature> } };
    return new Map(Object.entries(info?.features ?? {}));
  } catch {
    // Whoever wrote it: names of columns still tell.
    return new Map();
  }
}

const namesOfType = (features: ReadonlyMap<string, Feature>, type: string): string[] =>
  [...features].filter(([, feature]) => feature?._type === type).map(([name]) => name);
