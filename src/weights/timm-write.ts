import { join } from 'node:path';
import type { LayersTopology } from '../../models/topology.js';
import { InputError } from '../errors.js';
import type { ModelData } from '../model/data.js';
import { buildForward } from '../model/index.js';
import type { WeightMap, WeightTensor } from '../model/weights.js';
import { convertBack } from './convert.js';
import { writeSafetensors } from './safetensors.js';
import { DESCRIPTION_KEY, describe } from './tfjs/metadata.js';
import { type TimmNetwork, timmNetworkOf } from './timm-network.js';
import { toFloat16 } from './to-float16.js';
import { writeFileAside } from './write-aside.js';

export interface TimmWriteOptions {
  /** What to keep beside labels, preprocessing and image size; JSON. */
  metadata?: Record<string, unknown>;
  /** Store halves. @default float32 */
  quantize?: 'float16';
  /** Where the model came from, for messages. @default 'memory' */
  origin?: string;
}

/**
 * Writes what `timm.create_model('local-dir:FOLDER', pretrained=True)` takes: `model.safetensors` with timm's names and
 * layouts, and `config.json`. Labels, preprocessing, image size and `metadata` lie in the header of the weights too.
 *
 * @throws InputError for a model that computes what no network of timm computes
 */
export async function writeTimmModel(
  folder: string,
  model: ModelData & { topology: LayersTopology },
  { metadata = {}, quantize, origin = 'memory' }: TimmWriteOptions = {},
): Promise<void> {
  const { topology, imageSize } = model;
  const named = buildForward(topology, { training: false, imageSize }).weights.map(({ name }) => name);
  const weights = new Map(named.map((name) => [name, model.weights.get(name) as WeightTensor]));
  const network = timmNetworkOf(topology, weights, { imageSize });
  if (!network) {
    throw new InputError(
      `The model (${origin}) is none of timm's networks that are known here, with the layers that it has. ` +
        "Export it as 'keras' or 'saved-model'.",
    );
  }
  const converted = convertBack(weights, network.map);
  const state = stateDict(converted);
  const description = describe({ ...model, metadata })[DESCRIPTION_KEY];
  await writeSafetensors(join(folder, 'model.safetensors'), quantize ? halves(state) : state, {
    metadata: { format: 'pt', [DESCRIPTION_KEY]: JSON.stringify(description) },
  });
  await writeFileAside(join(folder, 'config.json'), (file) =>
    file.writeFile(`${JSON.stringify(timmConfig(model, network, converted), null, 2)}\n`),
  );
}

/** With the count of batches that PyTorch keeps in each batch normalization: a strict load misses nothing. */
function stateDict(converted: WeightMap): WeightMap {
  const state: WeightMap = new Map();
  for (const [name, tensor] of converted) {
    state.set(name, tensor);
    if (!name.endsWith('.running_var')) continue;
    const counter = name.replace(/running_var$/, 'num_batches_tracked');
    state.set(counter, { dtype: 'int64', shape: [], data: new BigInt64Array(1) });
  }
  return state;
}

function halves(state: WeightMap): WeightMap {
  return new Map(
    [...state].map(([name, tensor]) => {
      const { data, shape } = tensor;
      if (!(data instanceof Float32Array)) return [name, tensor];
      return [name, { dtype: 'float16', shape, data: toFloat16(data) }];
    }),
  );
}

/** timm's config.json. Images are resized and cropped as `evaluate` and `predict` do here. */
function timmConfig(
  { labels, preprocessing, imageSize }: ModelData,
  { architecture, classes, modelArgs }: TimmNetwork,
  weights: WeightMap,
): object {
  const { mean, std } = preprocessing;
  const names = [...weights.keys()];
  const [first, classifier] = [names[0]!, names.at(-1)!].map((name) => name.slice(0, name.lastIndexOf('.')));
  return {
    architecture,
    num_classes: classes,
    num_features: weights.get(`${classifier}.weight`)!.shape[1],
    ...(Object.keys(modelArgs).length > 0 && { model_args: modelArgs }),
    label_names: labels,
    pretrained_cfg: {
      custom_load: false,
      input_size: [3, imageSize, imageSize],
      fixed_input_size: false,
      interpolation: 'bicubic',
      crop_pct: 1,
      crop_mode: 'center',
      mean: unit(mean),
      std: unit(std),
      num_classes: classes,
      first_conv: first,
      classifier,
    },
  };
}

/** timm scales pixels to 0..1 first. */
const unit = (values: readonly number[]): number[] =>
  values.map((value) => Number((value / 255).toPrecision(15)));
