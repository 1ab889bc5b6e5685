import { LOSS, type LossOptions, lossFragment } from '../../src/loss/index.js';
import { Graph } from '../../src/tensorflow/index.js';
import { runGraph } from '../model/run-fragment.js';
import type { Rows } from './reference.js';

/** What a loss gives for a batch. */
export interface LossRun {
  loss: number;
  each: number[];
  /** Of the mean loss, with respect to the logits, row after row. */
  gradient: number[];
}

/** Runs the loss fragment with its gradient, as training does. */
export async function runLoss(
  options: LossOptions,
  { logits, targets, teacher }: { logits: Rows; targets: Rows; teacher?: Rows },
): Promise<LossRun> {
  const graph = new Graph();
  try {
    graph.import(lossFragment(options));
    const [gradient] = graph.gradients([LOSS.loss], [LOSS.logits], 'gradients');
    const fed = (rows: Rows) => ({ values: rows.flat(), shape: [rows.length, options.classes] });
    const feeds = {
      [LOSS.logits]: fed(logits),
      [LOSS.targets]: fed(targets),
      ...(teacher && { [LOSS.teacher]: fed(teacher) }),
    };
    const [loss, each, slope] = await runGraph(graph, feeds, [LOSS.loss, LOSS.each, gradient!]);
    return { loss: loss!.values[0]!, each: each!.values, gradient: slope!.values };
  } finally {
    graph.dispose();
  }
}
