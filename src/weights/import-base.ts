import { BASES } from '../../models/catalogue/index.js';
import { InputError } from '../errors.js';
import type { Model } from '../model/index.js';
import { cacheDirectory } from '../tensorflow/locate.js';
import { importFile, importNamedFrom } from './base/file.js';
import { importNamed } from './base/named.js';
import { type ImportOptions, RANDOM } from './base/options.js';
import { type BaseSpec, locateBase } from './base-spec.js';
import { fetchModelUrl } from './fetch-url.js';
import { fetchHubModel } from './hub-model.js';

export type { ImportOptions } from './base/options.js';
export { type BaseSpec, locateBase } from './base-spec.js';

/**
 * Brings a pretrained model: a name of the catalogue with or without a variant, a repository of the Hugging Face hub,
 * the path of a run or of a model or file of weights in any format that is read, or the address of a tfjs model.
 *
 * @throws InputError for an unknown name (with the nearest), weights that are missing, damaged, or of another
 * architecture, an image size that the network cannot take
 * @example const base = await importBase('efficientnet-lite0', { imageSize: 96 });
 * @example const base = await importBase('hf:timm/resnet50.a1_in1k');
 */
export async function importBase(name: string, options: ImportOptions = {}): Promise<Model> {
  const spec = locateBase(name);
  checkWeights(spec, name, options);
  const { cache, onProgress, weights } = options;
  switch (spec.kind) {
    case 'catalogue':
      return weights === undefined || weights === RANDOM
        ? importNamed(spec.base, spec.variant, options)
        : importNamedFrom(spec.base, weights, options);
    case 'hub':
      return importFile(await fetchHubModel(spec, { cache, onProgress }), options, name);
    case 'url':
      return importFile(
        await fetchModelUrl(spec.url, { cache: cache ?? cacheDirectory(), onProgress }),
        options,
        name,
      );
    case 'path':
      return importFile(spec.path, options);
  }
}

/**
 * Refuses a base that has no pretrained weights where none are given, and two answers to where they come from.
 *
 * @throws InputError that names the ways out
 */
export function checkWeights(
  spec: BaseSpec,
  name: string,
  { weights }: Pick<ImportOptions, 'weights'>,
): void {
  if (spec.kind !== 'catalogue') return;
  const { base, variant } = spec;
  const isVariantNamed = name !== base.name;
  if (isVariantNamed && weights !== undefined) {
    throw new InputError(
      `Both --base ${name} and --weights ${weights} say which weights to take. Leave one of them: --base ${base.name}.`,
    );
  }
  if (variant || isVariantNamed || weights !== undefined) return;
  const ready = BASES.filter(({ variants }) => variants.length > 0).map((other) => other.name);
  throw new InputError(
    `There are no pretrained weights for ${base.name} in the catalogue. Give a file with --weights PATH, ` +
      `start from random weights with --base ${base.name}:none, or take one of: ${ready.join(', ')}.`,
  );
}
