import { BASES } from '../../models/catalogue/index.js';
import type { Conventions } from '../../models/conventions.js';
import type { LayersTopology } from '../../models/topology.js';
import { computationOf } from '../model/computation.js';
import { chainToGraph } from '../model/sequential.js';
import type { WeightMap } from '../model/weights.js';
import { fitsOf, OWN_NAMES } from './base/fit.js';
import { type NameMap, nameMap } from './names/index.js';
import { type TimmArchitecture, timmArchitectures } from './timm-architectures.js';

/** The network of timm that computes what a model computes. */
export interface TimmNetwork {
  /** timm's name, for example `tf_efficientnet_lite0`. */
  architecture: string;
  map: NameMap;
  classes: number;
  /** What the network is to be built with where its name alone gives another one; timm's keywords. */
  modelArgs: { pad_type?: string; bn_eps?: number };
}

/**
 * Finds the network of timm that computes what a model computes from scaled pixels to logits; undefined where there is none.
 * Names and shapes of weights tell the base, and the topology tells padding and epsilon.
 */
export function timmNetworkOf(
  topology: LayersTopology,
  weights: WeightMap,
  { imageSize }: { imageSize: number },
): TimmNetwork | undefined {
  const wanted = computationOf(topology, { imageSize });
  const fits = fitsOf(weights, BASES, [OWN_NAMES]);
  const rows = timmArchitectures().flatMap(({ architecture, base, source, imageSize: isMeant }) => {
    const fit = fits.find((each) => each.base === base);
    if (!fit || !isMeant(imageSize)) return [];
    const map = nameMap(source);
    return [{ architecture, base, map, classes: fit.classes, own: map.conventions(base.name) }];
  });
  // A network that its name alone tells, before one that has to be told more.
  const asNamed = rows.map((row) => ({ ...row, conventions: row.own }));
  const asTold = rows.filter(takesArguments).flatMap((row) => {
    return othersThan(row.own, topology).map((conventions) => ({ ...row, conventions }));
  });
  const found = [...asNamed, ...asTold].find(({ base, classes, conventions }) => {
    const built = base.build({ classes, imageSize, ...conventions });
    return computationOf(built, { imageSize }) === wanted;
  });
  if (!found) return undefined;
  const { architecture, map, classes, own, conventions } = found;
  const { padding, epsilon } = conventions;
  return {
    architecture,
    map,
    classes,
    modelArgs: {
      ...(padding !== own.padding && { pad_type: padding === 'same' ? 'same' : '' }),
      ...(epsilon !== own.epsilon && { bn_eps: epsilon }),
    },
  };
}

/** timm's ResNets are padded and normalised in one way; its networks of inverted residuals are told how. */
const takesArguments = ({ architecture }: Pick<TimmArchitecture, 'architecture'>): boolean =>
  !/^resnet/.test(architecture);

/** The conventions that differ from a source's own, with the epsilon that the topology has. */
function othersThan(own: Partial<Conventions>, topology: LayersTopology): Conventions[] {
  const norm = chainToGraph(topology).config.layers.find(
    ({ class_name }) => class_name === 'BatchNormalization',
  );
  const epsilon = typeof norm?.config.epsilon === 'number' ? norm.config.epsilon : 1e-3;
  const paddings: Conventions['padding'][] = ['same', 'symmetric'];
  return paddings
    .map((padding) => ({ padding, epsilon }))
    .filter((other) => other.padding !== own.padding || other.epsilon !== own.epsilon);
}
