import { describe, expect, test } from 'vitest';
import { InputError } from '../../../src/errors.js';
import { buildForward, cutAt } from '../../../src/model/index.js';
import { frozenWeights } from '../../../src/model/trainable/index.js';
import { network } from './network.js';

const b0 = network('efficientnet-b0');
const frozen = (...freeze: string[]) => [...frozenWeights(b0.model, b0.weights, freeze)];
const names = b0.weights.map(({ name }) => name);

function refusal(...freeze: string[]): string {
  try {
    frozen(...freeze);
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  }
  throw new Error('It was accepted.');
}

describe('frozenWeights', () => {
  test('a pattern means layers by their whole name, moving statistics included', () => {
    expect(frozen('stem_*')).toEqual([
      'stem_conv/kernel',
      ...['stem_bn/gamma', 'stem_bn/beta', 'stem_bn/moving_mean', 'stem_bn/moving_variance'],
    ]);
    expect(frozen('stem_conv')).toEqual(['stem_conv/kernel']);
    expect(frozen('*_bn')).toEqual(names.filter((name) => /_bn\//.test(name)));
    expect(frozen('block1a_se_*')).toEqual(names.filter((name) => name.startsWith('block1a_se_')));
    expect(frozen()).toEqual([]);
  });

  test('a number means blocks from the input, the stem being the first', () => {
    const of = (...prefixes: string[]) =>
      names.filter((name) => prefixes.some((prefix) => name.startsWith(prefix)));
    expect(frozen('1')).toEqual(of('stem_'));
    expect(frozen('3')).toEqual(of('stem_', 'block1a_', 'block2a_'));
    expect(frozen('17')).toEqual(frozen('body'));
  });

  test('body is all but the head, and a block goes by its name', () => {
    expect(names.filter((name) => !frozen('body').includes(name))).toEqual([
      'predictions/kernel',
      'predictions/bias',
    ]);
    expect(frozen('block2b')).toEqual(frozen('block2b_*'));
    expect(frozen('head')).toEqual(['predictions/kernel', 'predictions/bias']);
  });

  test('entries add up, in the order of the weights', () => {
    expect(frozen('block2*', '1')).toEqual(names.filter((name) => /^(stem|block2)/.test(name)));
  });

  test('what nothing matches is refused with the nearest layer and the blocks', () => {
    expect(refusal('stem_cnv')).toMatch(
      /No layer matches 'stem_cnv' \(--freeze\)\. Did you mean 'stem_conv'\? Blocks: stem, block1a, .*, head\..*--summary/,
    );
    expect(refusal('stem_*', 'block9*')).toMatch(/'block9\*'.*Did you mean 'block\d/);
    expect(refusal('stem_activation')).toMatch(
      /'stem_activation' \(--freeze\) means layers without weights: .*Name layers/,
    );
  });

  test('a number of blocks that there are not is refused', () => {
    expect(refusal('18')).toMatch(/Expected 1 to 17 blocks.*for --freeze, received '18'/);
    expect(refusal('0')).toMatch(/Expected 1 to 17 blocks/);
  });

  test('freezing everything is refused', () => {
    expect(refusal('*')).toMatch(/--freeze \* freezes every weight: nothing would train\. Leave out/);
    expect(refusal('body', 'predictions')).toMatch(/--freeze body,predictions freezes every weight/);
  });

  test('body of a network without a head is refused', () => {
    const model = cutAt(b0.model, 'block2a_project_bn');
    const { weights } = buildForward(model.topology, { training: true });
    expect(() => frozenWeights(model, weights, ['body'])).toThrow(
      /this network has none: it ends in features/,
    );
  });
});
