import type { Recipe } from '../../recipe/index.js';
import { METHODS, type MethodName, type SamMethod } from '../../sam/index.js';
import { planOf, samEveryOf } from '../../train/index.js';
import { counted } from '../output.js';

const ascends = ({ sam, rho }: Recipe): boolean => sam !== 'none' && rho > 0;

/** Where the gradient is taken, in words. */
export function gradientText(recipe: Recipe): string {
  const { sam, rho, rhoSchedule, samNorm, samSparsity, samLayers, ascentFraction, samEpochs } = recipe;
  if (!ascends(recipe)) return 'at w: the base optimizer alone, without SAM';
  const method: SamMethod = METHODS[sam as MethodName];
  const every = samEveryOf(recipe);
  const parts = [
    sam === 'sam' ? `SAM, rho ${rho}` : `${sam} (${method.title}), rho ${rho}`,
    rhoSchedule !== 'constant' && `rho by ${rhoSchedule}`,
    samNorm !== 2 && `${samNorm}-norm`,
    every > 1 && `every ${every} steps`,
    samEpochs > 0 && `in the last ${counted(samEpochs, 'epoch')}`,
    samSparsity > 0 && `${samSparsity} of the weights left alone`,
    samLayers.length > 0 && `perturbs ${samLayers.join(', ')}`,
    ascentFraction < 1 && `ascent from ${ascentFraction} of each batch`,
  ];
  return parts.filter(Boolean).join(', ');
}

/** How the images of an update are divided; undefined where it is one batch in one run. */
export function divisionText(recipe: Recipe, gpus = 0): string | undefined {
  const { batchSize, accumulate } = recipe;
  const { subBatch, replicas, rounds, sync } = planOf(recipe);
  if (subBatch === batchSize && accumulate === 1) return undefined;
  const devices = recipe.linearProbe ? 0 : Math.min(gpus, replicas);
  const parts = [
    accumulate > 1 && `${accumulate} batches an update`,
    subBatch < batchSize && `sub-batches of ${subBatch}`,
    replicas > 1 &&
      `${replicas} side by side, ${devices > 1 ? `on ${devices} GPUs` : 'a thread each'} (faster than one after the other)`,
    rounds > 1 && `${counted(rounds, 'run')} an update`,
    ascends(recipe) && (sync ? 'one perturbation for all' : 'a perturbation each'),
  ];
  return parts.filter(Boolean).join(', ');
}

/** Optimizer, rates, and what is frozen, decayed, clipped or averaged. */
export function optimizerText(recipe: Recipe): string {
  const { optimizer, momentum, learningRate, learningRateBase, batchSize, accumulate } = recipe;
  const { layerDecay, headRate, bodyRate, clipNorm, clipAdaptive, ema, swa, bn } = recipe;
  const { weightDecay, decayAll } = recipe;
  const parts = [
    optimizer,
    optimizer !== 'sgd' && `momentum ${momentum}`,
    `learning rate ${learningRate}`,
    learningRateBase > 0 && `for ${learningRateBase} images, of ${batchSize * accumulate}`,
    headRate !== 1 && `head x ${headRate}`,
    bodyRate !== 1 && `body x ${bodyRate}`,
    layerDecay !== 1 && `x ${layerDecay} a block towards the input`,
    weightDecay > 0 && `weight decay ${weightDecay}${decayAll ? ' of all weights' : ''}`,
    clipNorm > 0 && `clipped at ${clipNorm}`,
    clipAdaptive > 0 && `clipped adaptively at ${clipAdaptive}`,
    ema > 0 && `averaged with decay ${ema}`,
    swa > 0 && `averaged over the last ${counted(swa, 'epoch')}`,
    bn !== 'update' && `batch norm ${bn}`,
  ];
  return parts.filter(Boolean).join(', ');
}

/** What trains, where that is not everything. */
export function trainedText({ freeze, unfreezeSchedule, linearProbe }: Recipe): string | undefined {
  if (linearProbe) return 'the head alone, on features that are computed once';
  if (freeze.length === 0) return undefined;
  const thawed = unfreezeSchedule.length > 0 ? `, thawed by ${unfreezeSchedule.join(', ')}` : '';
  return `all but ${freeze.join(', ')}${thawed}`;
}

/** Loss, and a teacher. */
export function lossText({ loss, labelSmoothing, classWeights, teacher, distillAlpha }: Recipe): string {
  const parts = [
    loss,
    labelSmoothing > 0 && `labels smoothed by ${labelSmoothing}`,
    classWeights.length > 0 &&
      `classes weighted (${classWeights.length > 6 ? 'given' : classWeights.join(', ')})`,
    teacher !== undefined && `${distillAlpha} of it from ${teacher}`,
  ];
  return parts.filter(Boolean).join(', ');
}

/** What happens to the images. */
export function augmentText({ augment, mixup, cutmix }: Recipe): string {
  const parts = [...(augment ?? []), mixup > 0 && `mixup ${mixup}`, cutmix > 0 && `cutmix ${cutmix}`];
  return parts.filter(Boolean).join(', ') || 'nothing';
}
