import type { Json } from '../../../../models/topology.js';

type JsonObject = { [key: string]: Json };

/** What Keras 3 adds to every object that it serialises. */
const BOOKKEEPING = new Set([
  'module',
  'registered_name',
  'shared_object_id',
  'build_config',
  'compile_config',
]);

/** The configuration of a layer as Keras 2 writes it, from that of Keras 2 or 3. */
export function plainConfig(config: JsonObject): JsonObject {
  const { batch_shape: batchShape, ...rest } = plainObject(config);
  return batchShape === undefined
    ? rest
    : { ...rest, batch_input_shape: rest.batch_input_shape ?? batchShape };
}

function plain(value: Json): Json {
  if (Array.isArray(value)) return value.map(plain);
  if (!isObject(value)) return value;
  const { class_name: className, config, items } = value;
  if (typeof className !== 'string') return plainObject(value);
  // Keras marks what JSON does not have; functions and types of numbers go by their names.
  if (className === '__tuple__' && Array.isArray(items)) return items.map(plain);
  if (className === 'function' && typeof config === 'string') return config;
  if (!isObject(config)) return plainObject(value);
  // Mixed precision is how a model was trained; its weights are float32 all the same.
  if (/Policy$/.test(className))
    return /^mixed_/.test(String(config.name)) ? 'float32' : (config.name ?? 'float32');
  if (className === '__numpy__' || className === '__tensor__') return plain(config.value ?? null);
  return plainObject(value);
}

function plainObject(value: JsonObject): JsonObject {
  const kept = Object.entries(value).filter(([key]) => !BOOKKEEPING.has(key));
  return Object.fromEntries(kept.map(([key, child]) => [key, plain(child)]));
}

/** True for a JSON object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
