// Loads the tfjs-node-gpu addon (argv: its entry file) and adds two numbers with it.
import { createRequire } from 'node:module';
import util from 'node:util';

// Removed in Node 23; tfjs-node still calls them (src/tfjs/tfjs-node.ts has the same guard).
util.isNullOrUndefined ??= (value) => value === null || value === undefined;
util.isArray ??= Array.isArray;

const tf = createRequire(import.meta.url)(process.argv[2]);
const [sum] = tf.add(tf.scalar(19), tf.scalar(23)).dataSync();
if (tf.getBackend() !== 'tensorflow' || sum !== 42) {
  console.error(`the ${tf.getBackend()} backend says that 19 + 23 is ${sum}`);
  process.exit(1);
}
