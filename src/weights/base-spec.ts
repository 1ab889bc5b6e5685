import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { BASES, type BaseModel, findBase, type Variant } from '../../models/catalogue/index.js';
import { InputError, invalid, unknownName } from '../errors.js';
import { layoutOf } from './model-layout.js';
import { WEIGHT_FORMATS } from './read.js';

/** What a base is, before anything of it is read. */
export type BaseSpec =
  /** A row of the catalogue; no variant: random weights, or a file of weights. */
  | { kind: 'catalogue'; base: BaseModel; variant?: Variant }
  /** A repository of the Hugging Face hub. */
  | { kind: 'hub'; repository: string; revision: string; file?: string }
  /** A file or folder in a format that is read. */
  | { kind: 'path'; path: string }
  /** A tfjs model.json at an http(s) address. */
  | { kind: 'url'; url: string };

/** What may stand after the colon for random weights. */
const RANDOM = 'none';

const HUB = /^hf:([\w.-]+\/[\w.-]+)(?:@([^/]+))?(?:\/(.+))?$/;

/**
 * What a base means: `NAME`, `NAME:VARIANT`, `NAME:none`, `hf:OWNER/REPO[@REVISION][/FILE]`, the path of a run or of any
 * model or file of weights, or the address of a tfjs `model.json`. Only names of files, and the first bytes of a file,
 * are looked at; nothing is downloaded.
 *
 * @throws InputError for an unknown name or variant (with the nearest), and a path without a model
 */
export function locateBase(text: string): BaseSpec {
  const named = locateNamed(text);
  if (named) return named;
  if (/^hf:/.test(text)) return locateHub(text);
  if (/^https?:\/\//.test(text)) return locateUrl(text);
  if (existsSync(text)) return { kind: 'path', path: locatePath(text) };
  const names = BASES.map(({ name }) => name);
  const ways = 'hf:OWNER/REPO, or a path of a run, a model or a file of weights works too.';
  throw unknownName('base', text.replace(/:[\w-]+$/, ''), names, ways);
}

function locateNamed(text: string): BaseSpec | undefined {
  const [name = '', variantName, ...rest] = text.split(':');
  const base = findBase(name);
  if (!base || rest.length > 0) return undefined;
  if (variantName === RANDOM) return { kind: 'catalogue', base };
  const { variants } = base;
  if (variantName === undefined)
    return { kind: 'catalogue', base, ...(variants[0] && { variant: variants[0] }) };
  const variant = variants.find((candidate) => candidate.name === variantName);
  if (variant) return { kind: 'catalogue', base, variant };
  throw unknownName(`variant of ${name}`, variantName, [...variants.map((row) => row.name), RANDOM]);
}

function locateHub(text: string): BaseSpec {
  const [, repository, revision, file] = HUB.exec(text) ?? [];
  if (repository === undefined) {
    throw invalid('the base', 'hf:OWNER/REPO, hf:OWNER/REPO@REVISION or hf:OWNER/REPO/FILE', text);
  }
  return {
    kind: 'hub',
    repository,
    // A slash within a revision, as in refs/pr/1, is written %2F.
    revision: decodeURIComponent(revision ?? 'main'),
    ...(file !== undefined && { file }),
  };
}

function locateUrl(text: string): BaseSpec {
  if (!URL.canParse(text)) throw invalid('the base', 'an address', text);
  if (!new URL(text).pathname.endsWith('.json')) {
    throw invalid(
      'the base',
      'the address of a tfjs model.json',
      text,
      'Other models: download the file and give its path.',
    );
  }
  return { kind: 'url', url: text };
}

/** The file or folder at or below a path that a reader takes. */
function locatePath(given: string): string {
  const found = [given, join(given, 'model')].find(isRead);
  if (found) return found;
  if (!statSync(given).isDirectory()) {
    throw new InputError(
      `${given} holds no model and no weights in a format that is read here. Read are: ${formats()}.`,
    );
  }
  if (isRun(given)) {
    throw new InputError(
      `The run ${given} has no model yet: it was interrupted before its first evaluation. ` +
        `Go on with it: --resume --out ${given}`,
    );
  }
  const layout = layoutOf(readdirSync(given));
  if (layout) return join(given, layout.entry);
  throw new InputError(
    `${given} holds no model: expected a run folder, or one of: ${formats()}. Where there are several files, name one.`,
  );
}

/** Whether a reader takes the file, or the folder as a whole. */
function isRead(path: string): boolean {
  return existsSync(path) && WEIGHT_FORMATS.some(({ recognises }) => recognises(path));
}

/** A run's config.json, unlike those of other programs, has a recipe. */
function isRun(folder: string): boolean {
  try {
    const config: unknown = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
    return typeof config === 'object' && config !== null && 'recipe' in config;
  } catch {
    return false;
  }
}

const formats = (): string => WEIGHT_FORMATS.map(({ description }) => description).join(', ');
