import { addInference, type Forward, type InferenceNodes, type Model } from '../../model/index.js';
import { AVERAGE, averageFragment } from '../../optimize/index.js';
import { type Graph, type Output, type Session, Tensor } from '../../tensorflow/index.js';
import type { ProgramVariables } from './assemble.js';

const AT = 'average';

/** Averages of the weights and moving statistics, beside those that are trained, and inference on them. */
export class Averages {
  readonly inference: InferenceNodes;

  constructor(graph: Graph, model: Model, forward: Forward, { weights, averages }: ProgramVariables) {
    const kept = averages!;
    const bindings: Record<string, Output> = {};
    forward.weights.forEach(({ name }, i) => {
      bindings[AVERAGE.average(i)] = kept.handle(name);
      bindings[AVERAGE.read(i)] = kept.read(name);
      bindings[AVERAGE.value(i)] = weights.read(name);
    });
    graph.import(averageFragment(forward.weights.length), AT, bindings);
    this.inference = addInference(graph, model, kept, { prefix: 'averaged_inference' });
  }

  /** average = decay average + (1 - decay) weight, for all. */
  async move(session: Session, decay: number): Promise<void> {
    const fed = Tensor.from('float32', [decay], []);
    const proceed = Tensor.from('bool', [1], []);
    try {
      const feeds = [
        [`${AT}/${AVERAGE.decay}`, fed],
        [`${AT}/${AVERAGE.proceed}`, proceed],
      ] as const;
      await session.run(feeds, [], [`${AT}/${AVERAGE.done}`]);
    } finally {
      fed.dispose();
      proceed.dispose();
    }
  }
}
