import { Fragment, type Graph, type Output } from '../../tensorflow/index.js';

/** Where a class activation map is computed. */
export interface GradCamNodes {
  /** Takes the classes that are asked for, float32 `[batch, classes]`: 1 for that of each image, else 0. */
  classes: Output;
  /** Gives float32 `[batch, height, width]`, 0 or more, of the size of the feature map. */
  heat: Output;
}

/**
 * Adds Grad-CAM to a graph (Selvaraju et al., arXiv 1610.02391, equations 1 and 2): with the logit y of a class and the
 * feature map A, alpha_k = mean over places of dy / dA_k, and the heat is ReLU(sum over k of alpha_k A_k). What speaks
 * for the class is hot.
 *
 * @param options.logits `[batch, classes]`
 * @param options.map `[batch, height, width, channels]`, on which the logits depend
 * @param options.prefix put before the names of the nodes that are added
 * @throws TensorFlowError when an operation between map and logits has no gradient
 */
export function addGradCam(
  graph: Graph,
  { logits, map, prefix }: { logits: Output; map: Output; prefix: string },
): GradCamNodes {
  const score = new Fragment();
  score.input('logits');
  score.input('classes', 'float32', [-1, -1]);
  // No image's logits depend on another image: the gradient of the sum is that of each.
  score.reduce('Sum', score.math('Mul', ['logits', 'classes']), [0, 1], { name: 'score' });
  graph.import(score, `${prefix}/score`, { logits });
  const [gradient] = graph.gradients([`${prefix}/score/score`], [map], `${prefix}/gradients`);

  const heat = new Fragment();
  heat.input('map');
  heat.input('gradient');
  const alpha = heat.reduce('Mean', 'gradient', [1, 2], { keepDims: true });
  const weighted = heat.reduce('Sum', heat.math('Mul', ['map', alpha]), [3]);
  heat.math('Relu', [weighted], 'float32', 'heat');
  graph.import(heat, `${prefix}/heat`, { map, gradient: gradient! });
  return { classes: `${prefix}/score/classes`, heat: `${prefix}/heat/heat` };
}
