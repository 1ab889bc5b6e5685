import { stat } from 'node:fs/promises';
import type { BaseModel, PixelScaling, Variant } from '../../../models/catalogue/index.js';
import { locateHubFile } from '../../hub/index.js';
import { cacheDirectory } from '../../tensorflow/locate.js';
import { pipWeightsPath } from '../../weights/fetch.js';
import { bytes, count, facts } from '../output.js';
import { describeBase, describeVariant, References } from './list.js';

/** Where the file of a variant comes from and goes to. */
interface Places {
  /** What is fetched, in words. */
  file: string;
  /** Where it goes. */
  goesTo: string;
  /** Another place where it is looked for. */
  or?: string;
  isHere: boolean;
}

async function placesOf({ from }: Variant): Promise<Places> {
  if (from.kind === 'pip') {
    const path = pipWeightsPath(from, cacheDirectory());
    const isHere = (await stat(path).catch(() => undefined))?.size === from.bytes;
    return { file: `${from.requirement} by pip, ${bytes(from.bytes)}`, goesTo: path, isHere };
  }
  const { url, cache, byHand, path } = await locateHubFile(from);
  return { file: url, goesTo: cache, or: byHand, isHere: path !== undefined };
}

/** One base with all its weights, their files and where they go, as JSON. */
export async function describeDetails(base: BaseModel): Promise<object> {
  const variants = base.variants.map(async (variant) => ({
    ...describeVariant(variant, base.imageSize),
    preprocessing: variant.preprocessing ?? base.preprocessing,
    ...(await placesOf(variant)),
  }));
  return {
    ...describeBase(base),
    preprocessing: base.preprocessing,
    variants: await Promise.all(variants),
  };
}

/** One base with all its weights, their files and where they go, as text. */
export async function baseDetails(base: BaseModel): Promise<string> {
  const references = new References();
  const blocks: string[] = [];
  for (const [i, variant] of base.variants.entries()) {
    blocks.push('', await variantText(base, variant, i === 0, references));
  }
  const head = facts({
    base: base.name,
    parameters: count(base.parameters),
    images: `${base.imageSize} px, ${base.minimumImageSize} or more`,
    pixels: scaling(base.preprocessing),
    random: `--base ${base.name}:none starts from random weights`,
  });
  const none = ['', 'There are no pretrained weights in the catalogue; --weights PATH takes a file.'];
  const lines = references.lines();
  return [
    head,
    ...(blocks.length > 0 ? blocks : none),
    ...(lines.length > 0 ? ['', 'Top-1 on ImageNet in percent, as published:', ...lines] : []),
  ].join('\n');
}

async function variantText(
  base: BaseModel,
  variant: Variant,
  isDefault: boolean,
  references: References,
): Promise<string> {
  const { name, source, top1, licence, imageSize, preprocessing } = variant;
  const { file, goesTo, or, isHere } = await placesOf(variant);
  return [
    isDefault ? `${name} (default)` : name,
    facts({
      '  option': `--base ${base.name}${isDefault ? '' : `:${name}`}`,
      '  top-1': references.cite(top1),
      '  licence': licence,
      ...(imageSize !== undefined && { '  images': `${imageSize} px` }),
      ...(preprocessing && { '  pixels': scaling(preprocessing) }),
      '  names': source,
      '  file': file,
      '  goes to': `${goesTo}${isHere ? ' (is here)' : ''}`,
      ...(or !== undefined && { '  or, by hand': or }),
    }),
  ].join('\n');
}

/** What happens to pixels, as a formula; one value where the channels agree. */
function scaling({ mean, std }: PixelScaling): string {
  const short = (values: readonly number[]): string =>
    new Set(values).size === 1
      ? String(values[0])
      : `[${values.map((value) => Number(value.toFixed(3))).join(', ')}]`;
  const isPlain = mean.every((value) => value === 0);
  return isPlain ? `(0..255) / ${short(std)}` : `(0..255 - ${short(mean)}) / ${short(std)}`;
}
