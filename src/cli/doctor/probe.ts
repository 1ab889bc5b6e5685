import { Fragment, Graph, Session, Tensor, tensorflowVersion } from '../../tensorflow/index.js';
import { listDevices } from '../devices.js';

// Run as a program by report.ts, in a process of its own: a TensorFlow that this machine cannot run ends the process
// that loads it. Prints what it found as JSON.

const TERMS = [19, 23] as const;

async function add(): Promise<number> {
  const graph = new Graph();
  const session = new Session(graph);
  const inputs = TERMS.map((term) => Tensor.from('float32', [term], []));
  try {
    const f = new Fragment();
    f.input('a', 'float32', []);
    f.input('b', 'float32', []);
    f.identity(f.math('AddV2', ['a', 'b']), 'sum');
    graph.import(f);
    const { sum } = await session.scalars(
      [
        ['a', inputs[0]!],
        ['b', inputs[1]!],
      ],
      { sum: 'sum' },
    );
    return sum;
  } finally {
    for (const input of inputs) input.dispose();
    await session.close();
    graph.dispose();
  }
}

const sum = await add();
if (sum !== TERMS[0] + TERMS[1]) throw new Error(`TensorFlow says that ${TERMS.join(' + ')} is ${sum}.`);
process.stdout.write(JSON.stringify({ version: tensorflowVersion(), devices: await listDevices() }));
