import type { Json } from '../../../../models/topology.js';
import type { Argument, Reference } from './model-tree.js';
import { isObject } from './plain-config.js';

/** How Keras 2 writes a number where a tensor would be. */
const CONSTANT = '_CONSTANT_VALUE';

/** The calls of a layer, from its `inbound_nodes`: those of Keras 3 have `args`, those of Keras 2 are lists. */
export function parseCalls(nodes: Json): Argument[][] {
  if (!Array.isArray(nodes)) return [];
  return nodes.map((node) => [...(isObject(node) && 'args' in node ? keras3(node) : keras2(node))]);
}

function* keras3(value: Json): Generator<Argument> {
  if (typeof value === 'number') yield value;
  else if (Array.isArray(value)) for (const item of value) yield* keras3(item);
  else if (isObject(value)) {
    if (value.class_name === '__keras_tensor__') {
      const history = isObject(value.config) ? parseReference(value.config.keras_history ?? null) : undefined;
      if (history) yield history;
    } else {
      yield* keras3(value.args ?? null);
      // Of what is given by name, tensors count; numbers are settings.
      if (isObject(value.kwargs)) for (const named of Object.values(value.kwargs)) yield* tensorsIn(named);
    }
  }
}

function* tensorsIn(value: Json): Generator<Argument> {
  if (Array.isArray(value) || isObject(value)) {
    for (const argument of keras3(value)) if (typeof argument === 'object') yield argument;
  }
}

/** `[layer, call, output, { more arguments }]`, or lists of these. */
function* keras2(value: Json): Generator<Argument> {
  if (!Array.isArray(value)) return;
  const [first, , third, named] = value;
  if (first === CONSTANT && typeof third === 'number') yield third;
  else {
    const reference = parseReference(value);
    if (reference === undefined) {
      for (const item of value) yield* keras2(item);
      return;
    }
    yield reference;
  }
  // Operations of TensorFlow that Keras 2 made layers of take their second operand by name.
  const operand = isObject(named) ? named.y : undefined;
  if (typeof operand === 'number') yield operand;
  else if (operand !== undefined) yield* keras2(operand);
}

/** `[layer, call, output]`; undefined for anything else. */
function parseReference(value: Json): Reference | undefined {
  if (!Array.isArray(value)) return undefined;
  const [layer, call, output] = value;
  const sound = typeof layer === 'string' && Number.isSafeInteger(call) && Number.isSafeInteger(output);
  return sound && (call as number) >= 0
    ? { layer, call: call as number, output: output as number }
    : undefined;
}

/** `input_layers` or `output_layers`: one reference, or a list of them. */
export function parseReferences(value: Json): Reference[] {
  const single = parseReference(value);
  if (single) return [single];
  if (Array.isArray(value)) return value.flatMap(parseReferences);
  return isObject(value) ? Object.values(value).flatMap(parseReferences) : [];
}
