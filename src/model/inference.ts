import {
  areLoneImagesSlow,
  Fragment,
  Graph,
  type Output,
  Session,
  type SessionConfig,
  Tensor,
} from '../tensorflow/index.js';
import type { ModelData } from './data.js';
import { buildForward } from './forward.js';
import { normalizePixels, resizeImages } from './preprocess.js';
import { Variables } from './variables.js';

/** Adds the inference pass of a model to a graph, on variables that are there: pixels to logits. */
export function addInference(
  graph: Graph,
  model: Pick<ModelData, 'topology' | 'preprocessing' | 'imageSize'>,
  variables: Variables,
  { prefix }: { prefix: string },
): InferenceNodes {
  const forward = buildForward(model.topology, { training: false, imageSize: model.imageSize });
  const weights = Object.fromEntries(forward.weights.map(({ name }) => [name, variables.read(name)]));
  const input = new Fragment();
  const bytes = input.input('bytes', 'uint8', [-1, -1, -1, forward.inputShape[2]!]);
  const pixels = input.identity(input.cast(bytes, 'uint8', 'float32'), 'pixels');
  const resized = resizeImages(input, pixels, model.imageSize);
  input.identity(normalizePixels(input, resized, model.preprocessing), 'images');
  graph.import(input, `${prefix}/input`);
  graph.import(forward.fragment, `${prefix}/forward`, { ...weights, images: `${prefix}/input/images` });
  // Any output can be fed: what lies before it is then not run.
  return {
    inputs: {
      uint8: `${prefix}/input/bytes`,
      float32: `${prefix}/input/pixels`,
      raw: `${prefix}/input/images`,
    },
    logits: `${prefix}/forward/${forward.logits}`,
    outputs: new Map([...forward.outputs].map(([layer, output]) => [layer, `${prefix}/forward/${output}`])),
  };
}

/** Where each kind of input is fed, and where the logits come out. */
export interface InferenceNodes {
  inputs: Record<'uint8' | 'float32' | 'raw', Output>;
  logits: Output;
  /** What each layer gives: see `Forward.outputs`. */
  outputs: ReadonlyMap<string, Output>;
}

/** Runs the inference pass. The caller owns the result, float32 `[batch, classes]`. */
export async function runInference(
  session: Session,
  nodes: InferenceNodes,
  images: Tensor,
  { preprocess = true }: { preprocess?: boolean } = {},
): Promise<Tensor<'float32'>> {
  if (images.dtype !== 'uint8' && images.dtype !== 'float32') {
    throw new Error(`Expected uint8 or float32 pixels, received ${images.dtype}.`);
  }
  const input = nodes.inputs[preprocess ? images.dtype : 'raw'];
  const run = async (batch: Tensor) => {
    const [result] = await session.run([[input, batch]], [nodes.logits]);
    return result as Tensor<'float32'>;
  };
  return images.shape[0] === 1 && areLoneImagesSlow() ? runTwice(images, run) : run(images);
}

/** Runs one image as a batch of two. */
async function runTwice(
  image: Tensor,
  run: (batch: Tensor) => Promise<Tensor<'float32'>>,
): Promise<Tensor<'float32'>> {
  const [, ...size] = image.shape;
  const both = Tensor.allocate(image.dtype as 'float32' | 'uint8', [2, ...size]);
  try {
    const { length } = image.data;
    both.data.set(image.data as Float32Array, 0);
    both.data.set(image.data as Float32Array, length);
    const logits = await run(both);
    try {
      const [, classes] = logits.shape as [number, number];
      return Tensor.from('float32', logits.data.slice(0, classes), [1, classes]);
    } finally {
      logits.dispose();
    }
  } finally {
    both.dispose();
  }
}

/** A model made ready to run: its graph, session and variables, with one owner. */
export interface InferenceEngine {
  run(images: Tensor, options?: { preprocess?: boolean }): Promise<Tensor<'float32'>>;
  variables: Variables;
  session: Session;
  nodes: InferenceNodes;
  close(): Promise<void>;
}

/** Starts a session on a model's weights; weights that it lacks are drawn from `seed`. */
export async function startInference(
  model: ModelData,
  { seed, config }: { seed: number; config?: SessionConfig },
): Promise<InferenceEngine> {
  const graph = new Graph();
  let session: Session | undefined;
  try {
    const { weights } = buildForward(model.topology, { training: false, imageSize: model.imageSize });
    const variables = new Variables(graph, weights, { scope: 'weights' });
    const nodes = addInference(graph, model, variables, { prefix: 'inference' });
    const opened = new Session(graph, config);
    session = opened;
    await variables.start(opened, model.weights, { seed });
    return {
      variables,
      session: opened,
      nodes,
      run: (images, options) => runInference(opened, nodes, images, options),
      async close() {
        await opened.close();
        graph.dispose();
      },
    };
  } catch (error) {
    await session?.close();
    graph.dispose();
    throw error;
  }
}
