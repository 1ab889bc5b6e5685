import { Fragment, Graph, Session, type SessionConfig, type Tensor } from '../tensorflow/index.js';
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
  const channels = forward.inputShape[2]!;
  const bytes = input.input('bytes', 'uint8', [-1, -1, -1, channels]);
  const pixels = input.input('pixels', 'float32', [-1, -1, -1, channels]);
  const prepare = (images: string, name: string) =>
    input.identity(
      normalizePixels(input, resizeImages(input, images, model.imageSize), model.preprocessing),
      name,
    );
  prepare(input.cast(bytes, 'uint8', 'float32'), 'from_bytes');
  prepare(pixels, 'from_pixels');
  input.input('raw', 'float32', [-1, ...forward.inputShape]);
  graph.import(input, `${prefix}/input`);
  const sources = { uint8: 'from_bytes', float32: 'from_pixels', raw: 'raw' };
  for (const [name, source] of Object.entries(sources)) {
    graph.import(forward.fragment, `${prefix}/${name}`, { ...weights, images: `${prefix}/input/${source}` });
  }
  const logits = (name: string) => `${prefix}/${name}/${forward.logits}`;
  return {
    uint8: { input: `${prefix}/input/bytes`, logits: logits('uint8') },
    float32: { input: `${prefix}/input/pixels`, logits: logits('float32') },
    raw: { input: `${prefix}/input/raw`, logits: logits('raw') },
  };
}

/** For each kind of input, where it is fed and where the logits come out. */
export type InferenceNodes = Record<'uint8' | 'float32' | 'raw', { input: string; logits: string }>;

/** Runs one of the inference passes. The caller owns the result, float32 `[batch, classes]`. */
export async function runInference(
  session: Session,
  nodes: InferenceNodes,
  images: Tensor,
  { preprocess = true }: { preprocess?: boolean } = {},
): Promise<Tensor<'float32'>> {
  if (images.dtype !== 'uint8' && images.dtype !== 'float32') {
    throw new Error(`Expected uint8 or float32 pixels, received ${images.dtype}.`);
  }
  const { input, logits } = nodes[preprocess ? images.dtype : 'raw'];
  const [result] = await session.run([[input, images]], [logits]);
  return result as Tensor<'float32'>;
}

/** A model made ready to run: its graph, session and variables, with one owner. */
export interface InferenceEngine {
  run(images: Tensor, options?: { preprocess?: boolean }): Promise<Tensor<'float32'>>;
  variables: Variables;
  session: Session;
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
