import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Conventions } from '../../../models/conventions.js';

/** A model as its library makes it: what torch-keys.py and keras-keys.py write. */
export interface ListedModel {
  library: 'timm' | 'torchvision' | 'efficientnet_pytorch' | 'keras';
  version: string;
  model: string;
  /** Our name for it. */
  base: string;
  /** Of PyTorch's models. */
  padding?: Conventions['padding'];
  epsilon?: number;
  /** Shapes by key. */
  weights: ReadonlyMap<string, readonly number[]>;
}

interface KeysFile {
  models: (Omit<ListedModel, 'weights'> & { weights: number })[];
  lists: string[];
}

/** Every model that the scripts list. */
export const LISTED_MODELS: readonly ListedModel[] = ['torch-keys.json.gz', 'keras-keys.json.gz'].flatMap(
  readKeys,
);

function readKeys(name: string): ListedModel[] {
  const file = new URL(name, import.meta.url);
  const { models, lists } = JSON.parse(gunzipSync(readFileSync(file)).toString()) as KeysFile;
  return models.map((model) => ({
    ...model,
    weights: new Map(lists[model.weights]!.split('\n').map(parseLine)),
  }));
}

function parseLine(line: string): [string, number[]] {
  const [key = '', shape = ''] = line.split(' ');
  return [key, shape === '' ? [] : shape.split('x').map(Number)];
}

/** The row of the name maps that a model belongs to. */
export function sourceOf({ library, model }: ListedModel): string {
  switch (library) {
    case 'timm':
      return model.startsWith('tf_') ? 'timm-tf' : 'timm';
    case 'efficientnet_pytorch':
      return 'lukemelas';
    case 'keras':
      return 'keras-3';
    case 'torchvision':
      return 'torchvision';
  }
}
