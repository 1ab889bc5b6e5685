/**
 * Takes the gradients of a deep network on large images once in this process, and prints its peak resident memory in
 * bytes:
 *
 *     node --import tsx test/model/segments/peak-memory.ts plain|recomputed|none
 */
import { FunctionalBuilder } from '../../../models/functional-builder.js';
import { buildForward } from '../../../src/model/index.js';
import { recomputedGradients, segmentForward } from '../../../src/model/segments/index.js';
import { Fragment, Graph, Session, Tensor } from '../../../src/tensorflow/index.js';

const [how] = process.argv.slice(2);
const [side, batch, filters, depth] = [64, 8, 16, 32];
const initializer = { class_name: 'Ones', config: {} };

const b = new FunctionalBuilder('deep');
const input = b.input('input', [side, side, 3]);
let x = input;
for (let i = 0; i < depth; i++) {
  x = b.conv2d(`conv${i}`, x, { filters, kernelSize: 1, initializer, useBias: false });
  x = b.activation(`swish${i}`, b.batchNormalization(`bn${i}`, x), 'swish');
}
const topology = b.topology(
  input,
  b.dense('predictions', b.globalAveragePooling2d('average', x), { units: 2, initializer }),
);

const forward = buildForward(topology, { training: true });
const names = forward.weights.filter(({ trainable }) => trainable).map(({ name }) => name);
const graph = new Graph();
const root = new Fragment();
root.input('images', 'float32', [-1, side, side, 3]);
for (const { name, shape } of forward.weights) root.input(`weight/${name}`, 'float32', shape);
graph.import(root);
const bindings = {
  images: 'images',
  ...Object.fromEntries(forward.weights.map(({ name }) => [name, `weight/${name}`])),
};
graph.import(forward.fragment, 'pass', bindings);
const sum = new Fragment();
sum.reduce('Sum', sum.input('x'), [0, 1], { name: 'loss' });
graph.import(sum, 'objective', { x: `pass/${forward.logits}` });
const loss = 'objective/loss';
const gradients = {
  none: () => [loss],
  plain: () =>
    graph.gradients(
      [loss],
      names.map((name) => `weight/${name}`),
      'plain',
    ),
  recomputed: () => {
    const segments = segmentForward(topology, forward);
    return [
      ...recomputedGradients(graph, {
        segments,
        prefix: 'pass',
        bindings,
        loss,
        weights: names,
        at: 'again',
      }).values(),
    ];
  },
}[how as 'none' | 'plain' | 'recomputed']();
const session = new Session(graph, { intraOpThreads: 1, interOpThreads: 1 });
const feeds = [
  [
    'images',
    Tensor.from('float32', new Float32Array(batch * side * side * 3), [batch, side, side, 3]),
  ] as const,
  ...forward.weights.map(({ name, shape }) => {
    const length = shape.reduce((product, size) => product * size, 1);
    return [`weight/${name}`, Tensor.from('float32', new Float32Array(length).fill(1), shape)] as const;
  }),
];
await session.run(feeds, gradients);
// In kibibytes, on every system that Node runs on.
console.log(process.resourceUsage().maxRSS * 1024);
process.exit(0);
