import type { GraphModel } from '@tensorflow/tfjs-converter';
import type { io, Tensor } from '@tensorflow/tfjs-core';
import { InputError } from '../../errors.js';
import type { WeightMap, WeightType } from '../../model/weights.js';
import { storedBytes } from '../tfjs/dequantize.js';
import type { ManifestWeight } from '../tfjs/manifest.js';
import type { GraphModelJson } from './manifest.js';
import type { ModelSource } from './source.js';

/** tfjs, loaded when a graph model is first read. */
let tfjs: Promise<Pick<typeof import('@tensorflow/tfjs-converter'), 'loadGraphModel'>> | undefined;

async function loadConverter() {
  const core = await import('@tensorflow/tfjs-core');
  await import('@tensorflow/tfjs-backend-cpu');
  await core.ready();
  // Its backend in JavaScript advises to take the native one when it first stores a tensor; nothing is computed with it.
  const wasProduction = core.env().getBool('PROD');
  core.env().set('PROD', true);
  try {
    core.scalar(0).dispose();
  } finally {
    core.env().set('PROD', wasProduction);
  }
  return import('@tensorflow/tfjs-converter');
}

/**
 * The values of a graph model's constants, decoded by tfjs's converter: quantized ones become float32. Shards are read
 * one weight at a time, so that memory holds little more than the weights.
 */
export async function readConstants(source: ModelSource, model: GraphModelJson): Promise<WeightMap> {
  tfjs ??= loadConverter();
  const { loadGraphModel } = await tfjs;
  const { weightsManifest, modelTopology } = model;
  const specs = weightsManifest.flatMap(({ weights }) => weights);
  const artifacts: io.ModelArtifacts = {
    format: 'graph-model',
    modelTopology: { node: modelTopology.node, versions: { producer: 1, minConsumer: 1 } },
    weightSpecs: specs as io.WeightsManifestEntry[],
    getWeightStream: () => weightStream(source, model),
  };
  let loaded: GraphModel | undefined;
  try {
    loaded = await loadGraphModel({ load: async () => artifacts });
    return copies(loaded, specs);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(
      `${source.place} is not a graph model that tfjs can read: ${(error as Error).message}. Convert or fetch it again.`,
    );
  } finally {
    loaded?.dispose();
  }
}

function weightStream(source: ModelSource, { weightsManifest }: GraphModelJson): ReadableStream<ArrayBuffer> {
  const chunks = weightChunks(source, weightsManifest);
  return new ReadableStream<ArrayBuffer>(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    },
    { highWaterMark: 0 },
  );
}

/** One chunk a weight: then the converter has nothing to put together, or to keep. */
async function* weightChunks(
  source: ModelSource,
  groups: GraphModelJson['weightsManifest'],
): AsyncGenerator<ArrayBuffer> {
  for (const { paths, weights } of groups) {
    const shards = source.shards(paths, weights);
    let held: ArrayBuffer | undefined;
    for (const weight of weights) {
      const length = storedBytes(weight);
      if (length === 0) continue;
      // The last one is held back, so that what is left over is found before the converter has all that it asked for.
      if (held) yield held;
      held = (await shards.read(weight.name, length)).buffer as ArrayBuffer;
    }
    await shards.finish();
    if (held) yield held;
  }
}

/** The values that a model holds: the memory of its tensors, which outlives them. */
function copies(model: GraphModel, specs: readonly ManifestWeight[]): WeightMap {
  return new Map(
    specs.map(({ name }) => {
      const [tensor] = model.weights[name] as Tensor[];
      const { dtype, shape } = tensor as Tensor;
      return [name, { dtype: dtype as WeightType, shape, data: tensor!.dataSync() as Float32Array }];
    }),
  );
}
