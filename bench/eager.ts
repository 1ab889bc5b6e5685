import type { LayersTopology } from '../models/topology.js';
import { loadTfjsNode } from '../src/tfjs/tfjs-node.js';

export interface EagerStep {
  run(pixels: Uint8Array, labels: Int32Array): number;
  dispose(): void;
}

/**
 * The same SAM step as tfjs-node does it, operation by operation: gradients by `variableGrads`, twice, and its
 * momentum optimizer with Nesterov's look-ahead.
 */
export async function eagerStep(
  topology: LayersTopology,
  options: {
    size: number;
    batch: number;
    classes: number;
    rho: number;
    learningRate: number;
    momentum: number;
  },
): Promise<EagerStep> {
  const { size, batch, classes, rho, learningRate, momentum } = options;
  const tf = await loadTfjsNode();
  const model = await tf.models.modelFromJSON(
    topology as unknown as Parameters<typeof tf.models.modelFromJSON>[0],
  );
  const optimizer = tf.train.momentum(learningRate, momentum, true);
  type Variable = ReturnType<typeof tf.variable>;
  type Matrix = ReturnType<typeof tf.tensor2d>;
  const variables = new Map<string, Variable>();
  for (const weight of model.trainableWeights) {
    const variable = (weight as unknown as { val: Variable }).val;
    variables.set(variable.name, variable);
  }
  return {
    run(pixels, labels) {
      return tf.tidy(() => {
        const images = tf.div(
          tf.sub(tf.tensor4d(pixels, [batch, size, size, 3], 'int32').toFloat(), 127),
          128,
        );
        const targets = tf.oneHot(tf.tensor1d(labels, 'int32'), classes);
        const loss = () =>
          tf.losses
            .softmaxCrossEntropy(targets, model.apply(images, { training: true }) as Matrix)
            .asScalar();
        const clean = tf.variableGrads(loss, [...variables.values()]);
        const norm = tf.sqrt(
          tf.addN(Object.values(clean.grads).map((gradient) => tf.sum(tf.square(gradient)))),
        );
        const scale = tf.div(rho, tf.add(norm, 1e-12));
        const before = new Map([...variables].map(([name, variable]) => [name, variable.clone()]));
        for (const [name, variable] of variables) {
          variable.assign(tf.add(variable, tf.mul(clean.grads[name]!, scale)) as Variable);
        }
        const perturbed = tf.variableGrads(loss, [...variables.values()]);
        for (const [name, variable] of variables) variable.assign(before.get(name)! as Variable);
        optimizer.applyGradients(perturbed.grads as Record<string, Variable>);
        return clean.value.dataSync()[0]!;
      });
    },
    dispose() {
      model.dispose();
      optimizer.dispose();
    },
  };
}
