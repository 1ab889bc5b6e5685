import { unknownName } from '../../errors.js';
import { googleResearchSam } from './google-research-sam.js';
import { guess, type NameMapFit } from './guess.js';
import { keras, keras3, kerasApplications, qubvel, qubvelNumbered } from './keras.js';
import { efficientnetLite, lukemelas } from './lukemelas.js';
import type { NameMap } from './name-map.js';
import { tensorflowEfficientnet } from './tensorflow-efficientnet.js';
import { timm, timmTf } from './timm.js';
import { torchvision } from './torchvision.js';
import { wideResnet } from './wide-resnet.js';

export type { NameMapFit } from './guess.js';
export type { NameMap, SourceWeight } from './name-map.js';
export { TRANSPOSES } from './pytorch.js';

/**
 * Every source of pretrained weights whose names are known: a new one is a file here and a row. Of rows with the
 * same names the first is the likelier one.
 */
export const NAME_MAPS: readonly NameMap[] = [
  keras,
  keras3,
  kerasApplications,
  qubvel,
  qubvelNumbered,
  timmTf,
  timm,
  torchvision,
  lukemelas,
  efficientnetLite,
  wideResnet,
  tensorflowEfficientnet,
  googleResearchSam,
];

/** The map of this name. */
export function nameMap(name: string): NameMap {
  const map = NAME_MAPS.find((candidate) => candidate.name === name);
  if (map === undefined)
    throw unknownName(
      'name map',
      name,
      NAME_MAPS.map((candidate) => candidate.name),
    );
  return map;
}

/**
 * The maps that find any of the targets among the keys of a file, the best first. Rows of equal names and other
 * conventions (timm's own models and those that it took over from TensorFlow) fit equally well and keep the order
 * of the table: only the file's name, or the user, can tell them apart.
 *
 * @param keys names in the file
 * @param targets names in the model, `layer/weight`
 * @example const [best] = guessNameMaps(tensors.keys(), targets.map(({ name }) => name));
 */
export function guessNameMaps(keys: Iterable<string>, targets: readonly string[]): NameMapFit[] {
  return guess(NAME_MAPS, keys, targets);
}
