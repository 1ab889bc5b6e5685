import type { WeightMap } from '../../../src/model/weights.js';
import { attr, Fragment, Graph, Session, sizeOf } from '../../../src/tensorflow/index.js';
import { bytes, type Message, message, text, varint } from '../../../src/tensorflow/proto.js';

const STRING = 7;
const OBJECT_GRAPH = '_CHECKPOINTABLE_OBJECT_GRAPH';

export interface CheckpointOptions {
  /** Full name of each variable, by key: an object-based checkpoint, as TensorFlow 2 writes them. */
  names?: Readonly<Record<string, string>>;
  /** Parts of tensors, as RestoreV2 says them (`4 3 0,2:-`), by key. */
  slices?: Readonly<Record<string, string>>;
}

/** Writes a checkpoint with TensorFlow's own SaveV2. */
export async function writeCheckpoint(
  prefix: string,
  tensors: WeightMap,
  { names, slices = {} }: CheckpointOptions = {},
): Promise<void> {
  const fragment = new Fragment();
  const keys = [...tensors.keys()];
  const values = [...tensors.values()].map(({ dtype, shape, data }) =>
    fragment.op('Const', [], { dtype: attr.type(dtype), value: attr.tensor(dtype, data, shape) }),
  );
  const types = [...tensors.values()].map(({ dtype }) => attr.type(dtype));
  if (names) {
    keys.push(OBJECT_GRAPH);
    values.push(strings(fragment, [objectGraph(names)], []));
    types.push(message(varint(6, STRING)));
  }
  const parts = keys.map((key) => slices[key] ?? '');
  fragment.op(
    'SaveV2',
    [
      strings(fragment, [prefix], []),
      strings(
        fragment,
        keys.map((key) => key.replace(/#\d+$/, '')),
        [keys.length],
      ),
      strings(fragment, parts, [parts.length]),
      ...values,
    ],
    { dtypes: message(bytes(1, message(...types.map(typeNumber)))) },
    'save',
  );
  const graph = new Graph();
  try {
    graph.import(fragment);
    const session = new Session(graph);
    try {
      await session.run([], [], ['save']);
    } finally {
      await session.close();
    }
  } finally {
    graph.dispose();
  }
}

/** Weights of one type, by shape, with values that tell them apart. */
export function weightsOf(shapes: Readonly<Record<string, readonly number[]>>): WeightMap {
  let next = 0;
  return new Map(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      { dtype: 'float32', shape, data: Float32Array.from({ length: sizeOf(shape) }, () => Math.sin(next++)) },
    ]),
  );
}

/** `attr.type` is `type: N`; in a list it is a packed field of the same number. */
function typeNumber(type: Message): (writer: Parameters<ReturnType<typeof varint>>[0]) => void {
  return varint(6, type[1] as number);
}

function strings(
  fragment: Fragment,
  values: readonly (string | Uint8Array)[],
  shape: readonly number[],
): string {
  const encoded = values.map((value) => bytes(8, typeof value === 'string' ? Buffer.from(value) : value));
  const dimensions = message(...shape.map((size) => bytes(2, message(varint(1, size)))));
  const tensor = message(varint(1, STRING), bytes(2, dimensions), ...encoded);
  return fragment.op('Const', [], { dtype: message(varint(6, STRING)), value: message(bytes(8, tensor)) });
}

function objectGraph(names: Readonly<Record<string, string>>): Message {
  const nodes = Object.entries(names).map(([key, name]) =>
    bytes(1, message(bytes(2, message(text(1, 'VARIABLE_VALUE'), text(2, name), text(3, key))))),
  );
  return message(...nodes);
}
