import { BASES, type BaseModel } from '../../../models/catalogue/index.js';
import { toStandardError } from '../../download/index.js';
import { InputError } from '../../errors.js';
import { buildForward, Model, NO_PREPROCESSING } from '../../model/index.js';
import { convertWeights } from '../convert.js';
import { areNamedByPlace, nameByTopology } from '../keras/index.js';
import { NAME_MAPS, type NameMap, nameMap } from '../names/index.js';
import { readWeights, type WeightFile } from '../read.js';
import { readTimmConfig, type TimmConfig, timmSourceOf } from '../timm-config.js';
import { fitsOf, OWN_NAMES } from './fit.js';
import { type BaseWeights, bestFit, modelOf, publishedLabels } from './named.js';
import { givenPreprocessing, type ImportOptions, numbered, RANDOM } from './options.js';

const MAPS = [OWN_NAMES, ...NAME_MAPS];

/** Whether names are those of a collection of published weights, and not also those of a user's own models. */
const isPublished = ({ name }: NameMap): boolean => name !== OWN_NAMES.name && !name.startsWith('keras');

/** Gives a base of the catalogue the weights of a file. */
export async function importNamedFrom(base: BaseModel, file: string, options: ImportOptions): Promise<Model> {
  const config = readTimmConfig(file);
  if (config && config.base.name !== base.name) {
    throw new InputError(
      `${config.path} says that ${file} is a ${config.architecture}: use --base ${config.base.name}, or name another file.`,
    );
  }
  const read = await readWeights(file);
  // Without its topology such a file does not name layers: the base does.
  const tensors = areNamedByPlace(read.tensors)
    ? nameByTopology(read.tensors, base.build(), file)
    : read.tensors;
  return modelOf(base, weightsFor(base, { ...read, tensors }, file, options, config), options);
}

/**
 * Brings a model of any format: one with its topology is a model by itself; for one without, the base is told by the
 * config.json beside it, or by the names and shapes of its weights.
 *
 * @param origin where it came from, for the run's record
 */
export async function importFile(path: string, options: ImportOptions, origin = path): Promise<Model> {
  const read = await readWeights(path);
  if (read.topology !== undefined) return importTopology(path, read, options, origin);
  const config = readTimmConfig(path);
  const base = config?.base ?? guessBase(path, read, options);
  if (options.weights !== undefined && options.weights !== RANDOM) {
    return importNamedFrom(base, options.weights, options);
  }
  const weights = weightsFor(base, read, path, options, config);
  return modelOf(base, { ...weights, origin }, options);
}

/** The name map of a file, by what is said of it, and what else it says. */
function weightsFor(
  base: BaseModel,
  { tensors, labels, preprocessing, imageSize }: WeightFile,
  file: string,
  { weightsSource, onProgress = toStandardError }: ImportOptions,
  config?: TimmConfig,
): BaseWeights {
  const source = weightsSource ?? config?.source;
  const { map, classes, others } = bestFit(
    tensors,
    base,
    source === undefined ? MAPS : [nameMap(source)],
    timmSourceOf(file),
  );
  if (others.length > 0 && map.name !== timmSourceOf(file)) {
    const names = others.map(({ name }) => `'${name}'`).join(', ');
    onProgress(
      `${file} is taken as weights of '${map.name}'; by its names it could be of ${names}, which may pad or normalise otherwise.`,
    );
  }
  return {
    tensors,
    file,
    origin: file,
    map,
    conventions: config?.conventions,
    classes,
    labels:
      labels ??
      config?.labels ??
      (isPublished(map) && classes !== undefined ? publishedLabels(classes) : undefined),
    preprocessing: preprocessing ?? config?.preprocessing,
    imageSize: imageSize ?? config?.imageSize,
  };
}

/** The one base that the weights of a file fit. */
function guessBase(path: string, { tensors }: WeightFile, options: ImportOptions): BaseModel {
  const { weightsSource, onProgress = toStandardError } = options;
  const maps = weightsSource === undefined ? MAPS : [nameMap(weightsSource)];
  const bases = new Set(fitsOf(tensors, BASES, maps).map(({ base }) => base));
  const [base, ...others] = bases;
  if (base === undefined) {
    throw new InputError(
      `The weights in ${path} (${tensors.size} tensors) fit none of the bases of the catalogue, by name and shape. ` +
        `Name the one that they should fit to see what differs: --base NAME --weights ${path}. 'sam-finetune bases' lists them.`,
    );
  }
  if (others.length > 0) {
    const names = [...bases].map(({ name }) => name).join(', ');
    throw new InputError(
      `The weights in ${path} fit several bases: ${names}. Name one: --base NAME --weights ${path}.`,
    );
  }
  onProgress(`${path} holds weights of ${base.name}.`);
  return base;
}

async function importTopology(
  path: string,
  read: WeightFile,
  options: ImportOptions,
  origin: string,
): Promise<Model> {
  const { weights, seed = 0 } = options;
  const topology = read.topology as NonNullable<WeightFile['topology']>;
  const imageSize = options.imageSize ?? read.imageSize;
  const forward = buildForward(topology, { training: false, ...(imageSize !== undefined && { imageSize }) });
  const data = {
    topology,
    labels: read.labels ?? numbered(forward.classes),
    preprocessing: givenPreprocessing(options) ?? read.preprocessing ?? NO_PREPROCESSING,
    imageSize: imageSize ?? (forward.inputShape[0] as number),
  };
  if (weights === RANDOM) {
    return new Model({ ...data, weights: new Map() }, { origin: `${origin}, random weights`, seed });
  }
  const tensors = weights === undefined ? read.tensors : (await readWeights(weights)).tensors;
  const converted = convertWeights(tensors, forward.weights, OWN_NAMES, { file: weights ?? path });
  return new Model({ ...data, weights: converted }, { origin: weights ?? origin, seed });
}
