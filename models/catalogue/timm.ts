import type { Variant } from './base-model.js';

/** Accuracies that timm measured for the weights that it distributes, on the size in its table. */
export const TIMM_RESULTS = 'github.com/huggingface/pytorch-image-models, results/results-imagenet.csv';

/** A row of timm's weights; names, licences, scaling and training size are those of its `default_cfgs`. */
export interface TimmRow extends Pick<Variant, 'preprocessing' | 'imageSize'> {
  /** Of timm's results; left out where there is none. */
  percent?: number;
  /** Size of timm's evaluation, where it is not the variant's own. */
  measuredAt?: number;
  /** @default 'Apache-2.0' */
  licence?: string;
}

/**
 * Weights that timm distributes on the Hugging Face hub.
 *
 * @param name the variant's name here
 * @param model timm's name with its tag, for example `tf_efficientnet_b7.ns_jft_in1k`
 */
export function timm(name: string, model: string, row: TimmRow = {}): Variant {
  const { percent, measuredAt, licence = 'Apache-2.0', ...rest } = row;
  return {
    name,
    from: { kind: 'hub', repository: `timm/${model}`, file: 'model.safetensors' },
    // Ported from TensorFlow, these pad and normalise as TensorFlow does.
    source: model.startsWith('tf_') ? 'timm-tf' : 'timm',
    ...rest,
    ...(percent !== undefined && {
      top1: {
        percent,
        reference: TIMM_RESULTS,
        ...(measuredAt !== undefined && { imageSize: measuredAt }),
      },
    }),
    licence,
  };
}
