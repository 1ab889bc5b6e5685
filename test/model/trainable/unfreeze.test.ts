import { describe, expect, test } from 'vitest';
import { InputError } from '../../../src/errors.js';
import { frozenWeights, unfreezeStages } from '../../../src/model/trainable/index.js';
import { network } from './network.js';

const b0 = network('efficientnet-b0');
const names = b0.weights.map(({ name }) => name);
const stages = (freeze: string[], unfreezeSchedule: string[], epochs = 10) =>
  unfreezeStages(b0.model, b0.weights, { freeze, unfreezeSchedule, epochs });

function refusal(freeze: string[], unfreezeSchedule: string[], epochs = 10): string {
  try {
    stages(freeze, unfreezeSchedule, epochs);
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  }
  throw new Error('It was accepted.');
}

describe('unfreezeStages', () => {
  test('without a schedule is one stage', () => {
    expect(stages([], [])).toEqual([{ fromEpoch: 0, frozen: new Set() }]);
    expect(stages(['body'], [])).toEqual([
      { fromEpoch: 0, frozen: frozenWeights(b0.model, b0.weights, ['body']) },
    ]);
  });

  test('thaws by pattern, by blocks before the head, and all, in the order of epochs', () => {
    const found = stages(['body'], ['6:all', '2:block7*', ' 4 : 3 ']);
    expect(found.map(({ fromEpoch }) => fromEpoch)).toEqual([0, 1, 3, 5]);
    const thawed = found.map(({ frozen }) => names.filter((name) => !frozen.has(name)));
    const head = ['predictions/kernel', 'predictions/bias'];
    expect(thawed[0]).toEqual(head);
    expect(thawed[1]).toEqual([...names.filter((name) => name.startsWith('block7a_')), ...head]);
    // The last three blocks: 6c, 6d, and 7a with the layers behind it.
    expect(thawed[2]).toEqual(names.filter((name) => /^(block6[cd]_|block7a_|top_|predictions)/.test(name)));
    expect(thawed[3]).toEqual(names);
  });

  test('entries of one epoch make one stage', () => {
    const found = stages(['body'], ['3:block7*', '3:top_*']);
    expect(found.map(({ fromEpoch }) => fromEpoch)).toEqual([0, 2]);
    expect(found[1]!.frozen.has('top_conv/kernel')).toBe(false);
    expect(found[1]!.frozen.has('block7a_expand_conv/kernel')).toBe(false);
    expect(found[1]!.frozen.has('block6d_expand_conv/kernel')).toBe(true);
  });

  test('what contradicts itself is refused with the reason', () => {
    expect(refusal([], ['2:all'])).toMatch(/nothing is frozen\. Give --freeze, or leave it out/);
    expect(refusal(['body'], ['11:all'])).toMatch(
      /epochs up to 10, the last one of the run for --unfreeze-schedule, received '11:all'\. Train for more --epochs/,
    );
    expect(refusal(['body'], ['1:all'])).toMatch(
      /epochs of 2 or more.*received '1:all'.*take it out of --freeze/,
    );
    expect(refusal(['1'], ['2:block7*'])).toMatch(/'2:block7\*' .* thaws layers that train already/);
    expect(refusal(['body'], ['2:all', '4:5'])).toMatch(/'4:5' .* thaws layers that train already/);
  });

  test('what cannot be read is refused, with what can', () => {
    for (const text of ['block7*', '2', '2:', 'two:all']) {
      expect(refusal(['body'], [text])).toMatch(
        /entries epoch:what for --unfreeze-schedule.*2:block7\*, 4:5/,
      );
    }
    expect(refusal(['body'], ['2:blok7a_bn'])).toMatch(
      /No layer matches 'blok7a_bn' \(--unfreeze-schedule\)\. Did you mean 'block7a_bn'/,
    );
    expect(refusal(['body'], ['2:18'])).toMatch(/1 to 17 blocks.*received '18'/);
  });
});
