/** The losses once more, in float64 and written from the papers for one class: -log p and all, without tricks. */
export type Rows = readonly (readonly number[])[];

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

export function logSoftmax(logits: readonly number[]): number[] {
  const largest = Math.max(...logits);
  const logTotal = largest + Math.log(sum(logits.map((z) => Math.exp(z - largest))));
  return logits.map((z) => z - logTotal);
}

const softmax = (logits: readonly number[]) => logSoftmax(logits).map(Math.exp);

/** Loss of one example whose only class is `label`. */
export type ClassLoss = (logits: readonly number[], label: number, parameters: readonly number[]) => number;

export const CLASS_LOSSES: Readonly<Record<string, ClassLoss>> = {
  'cross-entropy': (logits, label) => -logSoftmax(logits)[label]!,
  'binary-cross-entropy': (logits, label) =>
    sum(logits.map((z, k) => Math.log1p(Math.exp(k === label ? -z : z)))) / logits.length,
  focal: (logits, label, [gamma]) => -((1 - softmax(logits)[label]!) ** gamma!) * logSoftmax(logits)[label]!,
  'bootstrap-soft': (logits, label, [beta]) => {
    const p = softmax(logits);
    return -sum(p.map((each, k) => (beta! * Number(k === label) + (1 - beta!) * each) * Math.log(each)));
  },
  'bootstrap-hard': (logits, label, [beta]) => {
    const logP = logSoftmax(logits);
    const best = logits.indexOf(Math.max(...logits));
    return -beta! * logP[label]! - (1 - beta!) * logP[best]!;
  },
  'generalized-cross-entropy': (logits, label, [q]) =>
    q === 0 ? -logSoftmax(logits)[label]! : (1 - softmax(logits)[label]! ** q!) / q!,
  'symmetric-cross-entropy': (logits, label, [alpha, beta]) => {
    const logOfTarget = logits.map((_, k) => (k === label ? 0 : -4));
    const reverse = -sum(softmax(logits).map((each, k) => each * logOfTarget[k]!));
    return -alpha! * logSoftmax(logits)[label]! + beta! * reverse;
  },
};

/** Loss of one example against a target distribution: the expectation over it. */
export function expectedLoss(
  name: string,
  logits: readonly number[],
  targets: readonly number[],
  parameters: readonly number[],
): number {
  const own = CLASS_LOSSES[name]!;
  return sum(targets.map((share, label) => (share === 0 ? 0 : share * own(logits, label, parameters))));
}

/** KL(softmax(teacher / T) || softmax(student / T)) of one example. */
export function divergence(
  teacher: readonly number[],
  student: readonly number[],
  temperature: number,
): number {
  const soften = (logits: readonly number[]) => logits.map((z) => z / temperature);
  const [q, logP] = [softmax(soften(teacher)), logSoftmax(soften(student))];
  return sum(q.map((each, k) => each * (Math.log(each) - logP[k]!)));
}

/** Gradient of a function of rows, by central differences. */
export function differences(of: (rows: number[][]) => number, at: Rows, step = 1e-5): number[] {
  return at.flatMap((row, i) =>
    row.map((_, k) => {
      const moved = (by: number) => {
        const rows = at.map((each) => [...each]);
        rows[i]![k]! += by;
        return of(rows);
      };
      return (moved(step) - moved(-step)) / (2 * step);
    }),
  );
}
