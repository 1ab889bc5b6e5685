import type { LayerConfig } from '../../models/topology.js';
import { InputError } from '../errors.js';
import { LAYERS } from './layers/index.js';
import type { LayerBuilder } from './layers/layer.js';

/** The builder of a layer's class. Throws where there is none, with those that there are. */
export function builderOf({ name, class_name }: LayerConfig): LayerBuilder {
  const build = LAYERS[class_name];
  if (build) return build;
  const known = ['InputLayer', ...Object.keys(LAYERS)].sort().join(', ');
  throw new InputError(
    `Layer '${name}' is a ${class_name}, which is not supported. Supported layers: ${known}.`,
  );
}

/** What one call of a layer takes, out of what earlier calls gave by `layer:call`. */
export function inputsOf<T>(
  { name, inbound_nodes }: LayerConfig,
  call: number,
  given: ReadonlyMap<string, T>,
): T[] {
  return inbound_nodes![call]!.map(([source, index]) => {
    const value = given.get(`${source}:${index}`);
    if (value === undefined)
      throw new InputError(`Layer '${name}' takes '${source}', which does not come before it.`);
    return value;
  });
}

/** `[height, width, channels]` of an input, with another side where one is asked for. */
export function inputShapeOf(
  { name, config }: LayerConfig,
  imageSize: number | undefined,
): readonly number[] {
  const configured = (config.batch_input_shape ?? config.batch_shape) as (number | null)[] | undefined;
  const [, height, width, channels] = configured ?? [];
  const shape = [imageSize ?? height, imageSize ?? width, channels];
  if (shape.every((size): size is number => typeof size === 'number')) return shape;
  throw new InputError(
    `Layer '${name}' takes [${configured}]; expected [batch, height, width, channels] with known sizes. ` +
      'Give the image size.',
  );
}
