import type { LayersTopology } from '../../../models/topology.js';
import { damaged } from '../../bytes/damaged.js';
import { bytesField, readFields, textField } from './proto-reader.js';

/** The path of the model itself among the objects that Keras describes. */
const ROOT = 'root';

/** The root's JSON in a `keras_metadata.pb`, which Keras 2 writes beside a SavedModel; empty where it has none. */
export function kerasRootMetadata(path: string, bytes: Uint8Array): string {
  let root = '';
  readFields(path, bytes, {
    1: bytesField((node) => {
      let [nodePath, metadata] = ['', ''];
      readFields(path, node, {
        3: textField((value) => {
          nodePath = value;
        }),
        5: textField((value) => {
          metadata = value;
        }),
      });
      if (nodePath === ROOT) root = metadata;
    }),
  });
  return root;
}

/**
 * The layers of a model as Keras 2 describes them in a SavedModel; undefined for a model that is not made of layers
 * that its description lists.
 *
 * @param metadata JSON of the model's object
 */
export function kerasTopology(path: string, metadata: string): LayersTopology | undefined {
  if (metadata === '') return undefined;
  const { class_name: className, config } = parse(path, metadata);
  if (!isRecord(config) || !Array.isArray(config.layers)) return undefined;
  const isChain = className === 'Sequential';
  const isGraph =
    (className === 'Functional' || className === 'Model') && Array.isArray(config.output_layers);
  if (!isChain && !isGraph) return undefined;
  const whole = (layer: unknown): boolean =>
    isRecord(layer) && typeof layer.class_name === 'string' && isRecord(layer.config);
  if (!config.layers.every(whole)) throw damaged(path, 'layers with a class and a config', 'others');
  return { class_name: className, config } as unknown as LayersTopology;
}

function parse(path: string, metadata: string): Record<string, unknown> {
  try {
    // Python's JSON may hold values that JavaScript's cannot; they say nothing about layers.
    const value: unknown = JSON.parse(metadata.replace(/([:,[]\s*)-?(?:NaN|Infinity)\b/g, '$1null'), asList);
    if (isRecord(value)) return value;
  } catch {
    // Told below, as for JSON of another kind.
  }
  throw damaged(path, "the JSON of a Keras model's layers", 'other text');
}

/** SavedModels mark Python's tuples, `{ class_name: '__tuple__', items: [3, 3] }`: elsewhere they are lists. */
function asList(_key: string, value: unknown): unknown {
  return isRecord(value) && value.class_name === '__tuple__' && Array.isArray(value.items)
    ? value.items
    : value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
