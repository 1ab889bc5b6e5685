import { unknownName } from '../../errors.js';
import { efficientnetLite } from './efficientnet-lite.js';
import type { NameMap } from './name-map.js';

export { type NameMap, type SourceWeight, TRANSPOSES } from './name-map.js';

/** Every source of pretrained weights whose names are known: a new one is a file here and a row. */
export const NAME_MAPS: readonly NameMap[] = [efficientnetLite];

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
