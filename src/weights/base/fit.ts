import type { BaseModel } from '../../../models/catalogue/index.js';
import { buildForward } from '../../model/index.js';
import type { WeightMap, WeightSpec } from '../../model/weights.js';
import { layerOf } from '../../patterns.js';
import { prepareWeights } from '../convert.js';
import type { NameMap } from '../names/index.js';

/** Weights that bear the project's own names, `layer/weight`: as runs and exports of ours write them. */
export const OWN_NAMES: NameMap = {
  name: 'sam-finetune',
  description: 'runs and exports of sam-finetune',
  ignored: /^$/,
  conventions: () => ({}),
  bind: () => (target) => ({ source: target }),
};

/** A base that a file of weights fits, name by name and shape by shape. */
export interface Fit {
  base: BaseModel;
  map: NameMap;
  /** Of the file's classifier, which need not be the published one. */
  classes: number;
}

/** The weights that a base takes, and which of them are the classifier's. */
interface Targets {
  specs: readonly WeightSpec[];
  names: readonly string[];
  classifier: string;
}

const targetsByBase = new WeakMap<BaseModel, Targets>();

/** The weights of a base as it is published. Nothing is computed and no weight is made. */
function targetsOf(base: BaseModel): Targets {
  let targets = targetsByBase.get(base);
  if (!targets) {
    const { weights: specs } = buildForward(base.build(), { training: false });
    const names = specs.map(({ name }) => name);
    targets = { specs, names, classifier: layerOf(names.at(-1) as string) };
    targetsByBase.set(base, targets);
  }
  return targets;
}

/** Every pair of a base and a name map that these weights fit; their classifier may have any number of classes. */
export function fitsOf(tensors: WeightMap, bases: readonly BaseModel[], maps: readonly NameMap[]): Fit[] {
  const elements = [...tensors.values()].reduce(
    (sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1),
    0,
  );
  // A classifier of a few classes is the smaller by less than half of any network: larger bases need no look.
  const within = bases.filter(({ parameters }) => elements >= parameters / 2);
  return within.flatMap((base) =>
    maps.flatMap((map) => {
      const classes = classesIfFit(tensors, targetsOf(base), map);
      return classes === undefined ? [] : [{ base, map, classes }];
    }),
  );
}

/** The number of classes, where every target has a source of its shape and every source a target. */
function classesIfFit(given: WeightMap, targets: Targets, map: NameMap): number | undefined {
  const tensors = prepareWeights(given, targets.specs, map);
  const resolve = map.bind(targets.names);
  const used = new Set<string>();
  let classes: number | undefined;
  for (const { name, shape } of targets.specs) {
    const from = resolve(name);
    const tensor = from && tensors.get(from.source);
    if (tensor === undefined || tensor.shape.length !== shape.length) return undefined;
    const received = from?.transpose?.map((axis) => tensor.shape[axis] as number) ?? tensor.shape;
    const isClassifier = layerOf(name) === targets.classifier;
    const fixed = isClassifier ? shape.slice(0, -1) : shape;
    if (fixed.some((size, axis) => size !== received[axis])) return undefined;
    if (isClassifier) {
      const found = received.at(-1);
      if (classes !== undefined && found !== classes) return undefined;
      classes = found;
    }
    used.add(from?.source as string);
  }
  for (const name of tensors.keys()) if (!used.has(name) && !map.ignored.test(name)) return undefined;
  return classes;
}

/** Of these maps, the one that knows the most of a file's names: for saying what does not fit. */
export function nearestMap(tensors: WeightMap, base: BaseModel, maps: readonly NameMap[]): NameMap {
  const { names, specs } = targetsOf(base);
  const known = maps.map((map) => {
    const prepared = prepareWeights(tensors, specs, map);
    const resolve = map.bind(names);
    return names.filter((name) => prepared.has(resolve(name)?.source ?? '')).length;
  });
  return maps[known.indexOf(Math.max(...known))] as NameMap;
}
