import { describe, expect, test } from 'vitest';
import { findBase } from '../../../models/catalogue/index.js';
import { buildForward, type Forward, type WeightMap } from '../../../src/model/index.js';
import { prepareWeights } from '../../../src/weights/convert.js';
import { guessNameMaps, nameMap } from '../../../src/weights/names/index.js';
import { LISTED_MODELS, type ListedModel, sourceOf } from './listed-models.js';

const cases = LISTED_MODELS.map((model): [string, ListedModel] => [
  `${model.library} ${model.version}: ${model.model}`,
  model,
]);

/** Weights by base: several models are of one. */
const known = new Map<string, Forward['weights']>();

function weightsOf(name: string): Forward['weights'] {
  const base = findBase(name);
  if (base === undefined) throw new Error(`the catalogue has no ${name}`);
  const weights = known.get(name) ?? buildForward(base.build(), { training: false }).weights;
  known.set(name, weights);
  return weights;
}

describe.each(cases)('%s', (_, model) => {
  const map = nameMap(sourceOf(model));
  const targets = () => weightsOf(model.base);

  test('every target has one key, of its shape; every key one target', () => {
    const wanted = targets();
    const resolve = map.bind(wanted.map(({ name }) => name));
    // Shapes only: the values of the largest of these models would take gigabytes.
    const source: WeightMap = new Map(
      [...model.weights].map(([key, shape]) => [key, { dtype: 'float32', shape, data: new Float32Array() }]),
    );
    const left = new Map(prepareWeights(source, wanted, map));
    const wrong: string[] = [];
    for (const { name, shape } of wanted) {
      const from = resolve(name);
      const found = left.get(from?.source ?? '')?.shape;
      const order = from?.transpose ?? found?.map((_, axis) => axis) ?? [];
      const turned = order.map((axis) => found?.[axis]);
      if (order.length !== found?.length || turned.join() !== shape.join())
        wrong.push(`${from?.source} [${found}] for ${name} [${shape}]`);
      left.delete(from?.source ?? '');
    }
    expect(wrong).toEqual([]);
    expect([...left.keys()].filter((key) => !map.ignored.test(key))).toEqual([]);
  });

  test('the conventions are those of the library', () => {
    const { padding, epsilon } = model;
    const expected = padding === undefined ? {} : { padding, epsilon };
    expect(map.conventions(model.base)).toEqual(expected);
  });

  test('the keys alone tell the source, as far as they can', () => {
    const names = targets().map(({ name }) => name);
    const fits = guessNameMaps(model.weights.keys(), names);
    expect(fits[0]).toMatchObject({ matched: names.length, missing: 0, extra: 0 });
    const fitting = fits.filter(({ missing, extra }) => missing + extra === 0);
    expect(fitting.map((fit) => fit.map.name)).toContain(map.name);
  });
});
