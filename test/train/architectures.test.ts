import { expect, test } from 'vitest';
import { BASES, type BaseModel } from '../../models/catalogue/index.js';
import { Model, type WeightMap } from '../../src/model/index.js';
import { Tensor } from '../../src/tensorflow/index.js';
import { Program, type ProgramOptions } from '../../src/train/index.js';
import { fullRun } from '../full-run.js';
import { arrayDataset, plain } from './small-network.js';

const LABELS = ['a', 'b', 'c'];

const options: Omit<ProgramOptions, 'source'> = {
  ...plain,
  // No slots: the largest network takes four times the memory of its weights as it is.
  optimizer: 'sgd',
  // Two images of one pixel leave a normalization little to go by: gradients are large.
  clipNorm: 1,
  // TensorFlow rewrites a graph before its first step, which takes ten times as long as the step does here.
  session: { grappler: false },
};

/** A number for each weight that tells whether it has changed, without a second copy of all. */
const sums = (weights: WeightMap): Map<string, number> =>
  new Map(
    [...weights].map(([name, { data }]) => {
      const start = (data as Float32Array).subarray(0, 1000);
      return [name, start.reduce((sum, value, i) => sum + value * (1 + (i % 7)), 0)];
    }),
  );

/** Side of the images, in pixels: where the deepest networks have one pixel left, their gradients overflow. */
const sideOf = ({ imageSize }: BaseModel) => (imageSize >= 380 ? 64 : 32);

/** Three SAM steps from random weights: what each says, and the sums of the weights before and after. */
async function threeSteps(base: BaseModel) {
  const { name, preprocessing } = base;
  const side = sideOf(base);
  const topology = base.build({ classes: LABELS.length, imageSize: side });
  const model = new Model(
    { topology, weights: new Map(), labels: LABELS, preprocessing, imageSize: side },
    { origin: name },
  );
  const program = Program.create(model, { ...options, source: { height: side, width: side } });
  const tensors: Tensor[] = [];
  try {
    await program.start();
    const before = sums(await program.weights());
    const results = [];
    for (let step = 0; step < 3; step++) {
      const { source, labels } = arrayDataset(2, { side, classes: LABELS.length, seed: step + 1 });
      if (source.kind !== 'array') throw new Error('expected an array');
      const images = Tensor.from('uint8', source.pixels, [2, side, side, 3]);
      const classes = Tensor.from('int32', labels);
      tensors.push(images, classes);
      const input = { batches: [{ images, labels: classes }], step, learningRate: 1e-3, rho: 0.05 };
      results.push(await program.step(input));
    }
    return { results, before, after: sums(await program.weights()) };
  } finally {
    for (const tensor of tensors) tensor.dispose();
    await program.close();
  }
}

// At one image size they are one network.
const networks = BASES.filter(({ name }) => name !== 'efficientnet-l2-475');

/** Networks that are deeper or wider than another of their family, which stands for them in a short run. */
const LARGE = new RegExp(
  `^(${[
    'efficientnet-(b[1-8]|l2|lite[1-4]|v2-(b[1-3]|[sml]))',
    'resnet-1.*',
    'cifar-resnet-(32|44|56|110)',
    'wide-resnet-(16-8|28-10)',
    'pyramidnet-(110-alpha(84|270)|272-alpha200)',
  ].join('|')})$`,
);
const isLong = ({ name }: BaseModel) => !fullRun && LARGE.test(name);

for (const base of networks) {
  test.skipIf(isLong(base))(
    `${base.name} takes three SAM steps: losses are finite, and weights change`,
    async () => {
      const { results, before, after } = await threeSteps(base);
      for (const { loss, perturbedLoss, gradNorm } of results) {
        expect(loss).toBeGreaterThan(0);
        for (const value of [loss, perturbedLoss, gradNorm]) expect(value).toSatisfy(Number.isFinite);
      }
      const changed = [...after].filter(([name, sum]) => sum !== before.get(name)).map(([name]) => name);
      expect([...after.values()].every(Number.isFinite)).toBe(true);
      // The classifier always, and most of the others: where two images have one pixel each, a normalization gives
      // plus and minus one whatever it takes, and hands no gradient back.
      expect(changed).toContain([...after.keys()].at(-1));
      expect(changed.length / after.size).toBeGreaterThan(0.75);
    },
  );
}

test('the two L2 differ in the size of their images alone', () => {
  const of = (name: string) => {
    const base = BASES.find((each) => each.name === name)!;
    return base.build({ classes: 3, imageSize: 64 });
  };
  const { config } = of('efficientnet-l2-475');
  expect(config.layers).toEqual(of('efficientnet-l2').config.layers);
});
