import { BASES, type BaseModel } from '../../models/catalogue/index.js';

/** A network of timm that is one of the catalogue's. */
export interface TimmArchitecture {
  /** timm's name, for example `tf_efficientnet_b7`. */
  architecture: string;
  base: BaseModel;
  /** The name map. */
  source: string;
  /** Whether this base is meant by that size: two differ in nothing else. */
  imageSize(size: number | undefined): boolean;
}

/** timm's names of the networks of the catalogue: those of the weights that it lists. */
export function timmArchitectures(): TimmArchitecture[] {
  return BASES.flatMap((base) =>
    base.variants.flatMap(({ from, source }) => {
      if (from.kind !== 'hub' || !from.repository.startsWith('timm/')) return [];
      const architecture = from.repository.slice('timm/'.length).split('.')[0] as string;
      const isOther = (size: number | undefined): boolean =>
        BASES.some(
          (other) =>
            other !== base &&
            other.imageSize === size &&
            other.variants.some((row) => row.from.kind === 'hub' && named(row.from.repository, architecture)),
        );
      return [{ architecture, base, source, imageSize: (size: number | undefined) => !isOther(size) }];
    }),
  );
}

const named = (repository: string, architecture: string): boolean =>
  repository.startsWith(`timm/${architecture}.`);
