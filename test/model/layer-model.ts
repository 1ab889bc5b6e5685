import { FunctionalBuilder, type LayerOutput } from '../../models/functional-builder.js';
import type { FunctionalTopology } from '../../models/topology.js';

/** A model of one input `[height, width, channels]` and the layers that `build` adds, flattened at its end. */
export function layerModel(
  shape: readonly number[],
  build: (b: FunctionalBuilder, x: LayerOutput) => LayerOutput,
): FunctionalTopology {
  const b = new FunctionalBuilder('layers');
  const input = b.input('input', shape);
  const output = build(b, input);
  const size = output.shape.reduce((x, y) => x * y, 1);
  return b.topology(
    input,
    output.shape.length === 1 ? output : b.layer('Flatten', 'flatten', [output], {}, [size]),
  );
}
