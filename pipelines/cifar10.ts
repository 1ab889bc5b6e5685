/**
 * EfficientNet-Lite0, pretrained on ImageNet, fine-tuned on CIFAR-10 with SAM at 96 px for three epochs.
 *
 *   node dist/pipelines/cifar10.js                        # downloads CIFAR-10 (170 MB) into the cache
 *   node dist/pipelines/cifar10.js --data PATH            # a folder with CIFAR-10 in its binary layout
 *   node dist/pipelines/cifar10.js --seed 1 --out RUN     # another seed, kept in a folder
 *   node dist/pipelines/cifar10.js --quick --data PATH    # 1,000 images at 64 px: does it run?
 *
 * Measured on a subset of 5,000 training and 1,000 held-out images (data sets of the official layout may be smaller):
 *
 * hardware   2 cores (AMD EPYC), 24 GiB, no GPU
 * time       44 s an epoch with SAM, 2 min 13 s in all
 * expected   held-out top-1 81.7 % (seed 0), 80.0 % (seed 1); 1,000 images put about 1.3 points of noise on each
 *            (the defaults were chosen on these images, so it is a little optimistic)
 * --quick    58 % in 35 s
 *
 * All 50,000 images should take about ten times as long; that has not been measured.
 */
import { parseArgs } from 'node:util';
import { fineTune, importBase, loadTask, type RecipeInput, swapHead, type TrainEvent } from 'sam-finetune';

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    out: { type: 'string' },
    seed: { type: 'string', default: '0' },
    quick: { type: 'boolean', default: false },
  },
});

const FULL = { imageSize: 96, epochs: 3 } satisfies Partial<RecipeInput>;
const QUICK = { imageSize: 64, epochs: 3, limit: 1000 } satisfies Partial<RecipeInput>;
// What is left out is at its default: SAM over the base optimizer, flips and padded crops, cosine schedule.
const { limit, ...recipe } = {
  limit: undefined,
  seed: Number(values.seed),
  ...(values.quick ? QUICK : FULL),
};

const task = await loadTask('cifar10', { data: values.data, limit, seed: recipe.seed });
const base = await importBase('efficientnet-lite0', { imageSize: recipe.imageSize });
const model = swapHead(base, { classes: task.classes });

const { top1, epoch } = await fineTune(model, task, recipe, { out: values.out, onEvent: tell });
console.log(`held-out top-1 ${(100 * top1).toFixed(2)} % on ${task.test.length} images (epoch ${epoch})`);

/** One line an epoch, on standard error: standard output has the result. */
function tell(event: TrainEvent): void {
  if (event.event === 'epoch')
    console.error(`epoch ${event.epoch}: loss ${event.loss.toFixed(4)}, ${event.seconds.toFixed(0)} s`);
  if (event.event === 'evaluate')
    console.error(`epoch ${event.epoch}: top-1 ${(100 * event.top1).toFixed(2)} %`);
}
