import { describe, expect, test } from 'vitest';
import { AUGMENTATIONS } from '../../src/augment/index.js';
import { InputError } from '../../src/errors.js';
import { HEAD_INITIALIZERS } from '../../src/model/index.js';
import { OPTIMIZERS, SCHEDULES } from '../../src/optimize/index.js';
import {
  choicesOf,
  defaultOf,
  defineRecipe,
  defineTraining,
  flagOf,
  isSwitch,
  OPTIONS,
  type OptionName,
  type RecipeInput,
  takesNumber,
} from '../../src/recipe/index.js';
import { METHODS } from '../../src/sam/index.js';
import { PRECISIONS } from '../../src/tensorflow/index.js';

const least = { base: 'efficientnet-lite0', task: 'digits' };
/** A recipe with one option more, of any type. */
const withOption = (name: string, value: unknown) => defineRecipe({ ...least, [name]: value } as RecipeInput);

function refusal(name: string, value: unknown): string {
  try {
    withOption(name, value);
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  }
  throw new Error(`--${name} ${String(value)} was accepted.`);
}

describe('defaults', () => {
  test('are filled in from the table, and only where nothing is given', () => {
    const recipe = defineRecipe(least) as Record<string, unknown>;
    for (const [name, entry] of Object.entries(OPTIONS)) {
      if (name in least || ['learningRate', 'weightDecay', 'rho'].includes(name)) continue;
      expect(recipe[name], name).toEqual(defaultOf(entry));
    }
    expect(recipe).toMatchObject(least);
    expect(defineRecipe({ ...least, epochs: 77 }).epochs).toBe(77);
  });

  test('learning rate and weight decay are those of the optimizer, unless given', () => {
    for (const optimizer of Object.keys(OPTIMIZERS) as (keyof typeof OPTIMIZERS)[]) {
      expect(defineRecipe({ ...least, optimizer })).toMatchObject(OPTIMIZERS[optimizer].defaults);
    }
    const given = { optimizer: 'adamw', learningRate: 0.125, weightDecay: 0 } as const;
    expect(defineRecipe({ ...least, ...given })).toMatchObject(given);
  });

  test('a default goes through its own schema', () => {
    const recipe = defineRecipe(least);
    expect(defineRecipe(recipe)).toEqual(recipe);
  });

  test('base and task have none', () => {
    expect(() => defineRecipe({ task: 'digits' } as RecipeInput)).toThrow('The option --base is missing.');
    expect(() => defineRecipe({ base: 'b' } as RecipeInput)).toThrow('The option --task is missing.');
  });

  test('what suits base or task is left to them', () => {
    for (const name of ['imageSize', 'augment', 'dropout', 'dropConnect', 'limit', 'workers'] as const) {
      expect(defineRecipe(least)[name]).toBeUndefined();
      expect(defaultOf(OPTIONS[name])).toBeUndefined();
    }
  });

  test('training alone needs neither', () => {
    const training = defineTraining({ epochs: 2 });
    expect(training.epochs).toBe(2);
    expect(training).not.toHaveProperty('base');
    expect(training).not.toHaveProperty('task');
  });
});

describe('an unknown option is refused with the nearest', () => {
  test.each([
    ['learnigRate', 'learningRate'],
    ['batchsize', 'batchSize'],
    ['learning-rate', 'learningRate'],
  ])('%s: %s', (name, nearest) => {
    expect(refusal(name, 1)).toContain(`Unknown option '${name}'. Did you mean '${nearest}'?`);
  });
});

describe('every advertised choice parses, and no other', () => {
  const choices: Partial<Record<OptionName, readonly string[]>> = {
    optimizer: Object.keys(OPTIMIZERS),
    schedule: Object.keys(SCHEDULES),
    headInit: HEAD_INITIALIZERS,
    sam: [...Object.keys(METHODS), 'none'],
    decayMode: ['coupled', 'decoupled'],
    scheduleBy: ['step', 'epoch'],
    bn: ['update', 'frozen', 're-estimate'],
    mixMode: ['batch', 'image'],
    precision: PRECISIONS,
    onNan: ['stop', 'skip'],
    bestMetric: ['top1', 'top5', 'loss', 'macro-precision', 'macro-recall', 'macro-f1', 'last'],
  };

  test.each(Object.entries(choices).flatMap(([name, list]) => list.map((choice) => [name, choice])))(
    '%s %s',
    (name, choice) => {
      // What says how images are mixed needs some that are.
      const given = { ...(name === 'mixMode' && { mixup: 0.2 }), [name!]: choice };
      expect(defineRecipe({ base: 'b', task: 't', ...given })).toMatchObject({ [name!]: choice });
    },
  );

  test.each(Object.entries(choices))('%s', (name, list) => {
    expect(choicesOf(OPTIONS[name as OptionName])).toEqual(list);
    expect(refusal(name, 'nonesuch')).toContain(
      `Expected one of ${list.join(', ')} for ${flagOf(name)}, received 'nonesuch'.`,
    );
  });

  test.each(Object.keys(AUGMENTATIONS))('augment %s', (name) =>
    expect(withOption('augment', name)).toMatchObject({ augment: [name] }),
  );

  test('augment takes a list in either form, and none', () => {
    const all = Object.keys(AUGMENTATIONS);
    expect(withOption('augment', all.join(', ')).augment).toEqual(all);
    expect(withOption('augment', all).augment).toEqual(all);
    expect(withOption('augment', 'none').augment).toEqual([]);
    expect(withOption('augment', ['none']).augment).toEqual([]);
    expect(withOption('augment', []).augment).toEqual([]);
    expect(refusal('augment', 'flip,flop')).toContain(
      `Unknown name for --augment: 'flop'. Did you mean 'flip'? Known: ${all.join(', ')}.`,
    );
  });
});

describe('0 and none switch a thing off', () => {
  const switches = [
    'rho',
    'warmupEpochs',
    'weightDecay',
    'labelSmoothing',
    'clipNorm',
    'dropout',
    'dropConnect',
  ];

  test.each(switches)('%s', (name) => {
    expect(withOption(name, 0)).toMatchObject({ [name]: 0 });
    expect(withOption(name, 'none')).toMatchObject({ [name]: 0 });
    expect(withOption(name, 0.25)).toMatchObject({ [name]: 0.25 });
    expect(refusal(name, 'off')).toContain(`Expected a number for ${flagOf(name)}, received 'off'.`);
  });

  test('but not what a run cannot do without', () => {
    for (const name of ['learningRate', 'batchSize', 'epochs']) refusal(name, 'none');
  });
});

describe('numbers out of range are refused: expected, option, received, and what it does', () => {
  test.each<[OptionName, unknown, string]>([
    ['rho', -1, 'at least 0'],
    ['learningRate', 0, 'more than 0'],
    ['momentum', 1, 'less than 1'],
    ['labelSmoothing', 1, 'less than 1'],
    ['dropout', 1, 'less than 1'],
    ['bnMomentum', -0.1, 'at least 0'],
    ['batchSize', 0, 'at least 1'],
    ['epochs', 2.5, 'a whole number'],
    ['seed', -1, 'at least 0'],
    ['seed', 2 ** 31, 'at most 2147483647'],
    ['rho', Number.NaN, 'a number'],
    ['rho', Number.POSITIVE_INFINITY, 'a number'],
    ['base', 3, 'a string'],
    ['base', '', 'a text that is not empty'],
    ['sam', true, `one of ${[...Object.keys(METHODS), 'none'].join(', ')}`],
    ['m', -1, 'at least 0'],
    ['ascentFraction', 0, 'more than 0'],
    ['ema', 1, 'less than 1'],
    ['batchSize', null, 'a number'],
  ])('%s %s', (name, value, expected) => {
    const message = refusal(name, value);
    expect(message).toContain(`Expected ${expected} for ${flagOf(name)}, received `);
    expect(message).toContain(`${flagOf(name)} ${OPTIONS[name].argument}: ${OPTIONS[name].description}.`);
  });
});

test('an option without a table has no choices', () => {
  for (const name of ['rho', 'base', 'seed'] as const) expect(choicesOf(OPTIONS[name])).toBeUndefined();
});

test('flags are the names with dashes', () => {
  expect(['imageSize', 'lr', 'bnMomentum', 'rho'].map(flagOf)).toEqual([
    '--image-size',
    '--lr',
    '--bn-momentum',
    '--rho',
  ]);
});

test('which options take numbers', () => {
  const numeric = Object.entries(OPTIONS)
    .filter(([, entry]) => takesNumber(entry))
    .map(([name]) => name);
  const texts = [
    'base',
    'task',
    'weights',
    'weightsSource',
    'preprocessing',
    'fromLayer',
    'data',
    'labelNoise',
    'sam',
    'rhoSchedule',
    'samNorm',
    'samLayers',
    'optimizer',
    'decayMode',
    'decayExclude',
    'schedule',
    'scheduleBy',
    'bn',
    'freeze',
    'unfreezeSchedule',
    'loss',
    'classWeights',
    'teacher',
    'headInit',
    'augment',
    'mixMode',
    'precision',
    'lossScale',
    'onNan',
    'bestMetric',
    'out',
    'classes',
    'imageColumn',
    'labelColumn',
    'splitColumn',
    'sampling',
    'lastBatch',
    'decoder',
    'cache',
    'onBadImage',
  ];
  const switches = Object.entries(OPTIONS)
    .filter(([, entry]) => isSwitch(entry))
    .map(([name]) => name);
  expect(switches).toEqual([
    'unfoldNorms',
    'followLinks',
    'keepMatchingClasses',
    'syncPerturbation',
    'decayAll',
    'linearProbe',
    'recompute',
  ]);
  expect([...numeric, ...texts, ...switches].sort()).toEqual(Object.keys(OPTIONS).sort());
});

test('each option says in one line what it does', () => {
  for (const [name, { argument, description }] of Object.entries(OPTIONS)) {
    expect(argument, name).toMatch(isSwitch(OPTIONS[name as OptionName]) ? /^\[true\|false\]$/ : /^<.+>$/);
    // What it does; after that it may list names or defaults.
    expect(description.split(/[:;] /)[0], name).toMatch(/^[^\n]{6,120}$/);
    expect(description, name).not.toContain('\n');
  }
});

test('rho is that of the method where none is given', () => {
  const rhoOf = (given: Partial<RecipeInput>) => defineRecipe({ base: 'b', task: 't', ...given }).rho;
  expect(rhoOf({})).toBe(0.05);
  expect(rhoOf({ sam: 'none' })).toBe(0.05);
  expect(rhoOf({ sam: 'asam' })).toBe(0.5);
  expect(rhoOf({ sam: 'norm-only' })).toBe(0.5);
  expect(rhoOf({ sam: 'asam', rho: 2 })).toBe(2);
  expect(rhoOf({ sam: 'asam', rho: 0 })).toBe(0);
});
