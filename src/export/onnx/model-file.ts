import { open } from 'node:fs/promises';
import { InputError } from '../../errors.js';
import { sizeOf } from '../../tensorflow/index.js';
import { bytes, type Message, message, text, varint } from '../../tensorflow/proto.js';
import {
  type ElementType,
  encodeNode,
  encodeTensorHead,
  encodeTypedName,
  fieldHead,
  type OnnxNode,
  type TypedName,
} from './proto.js';

/** Values that are stored in the model. */
export interface Initializer {
  name: string;
  type: ElementType;
  shape: readonly number[];
  /** Its bytes, little-endian, made when they are written: no two tensors are in memory at once. */
  data(): Uint8Array;
}

/** A model to be written. */
export interface OnnxModel {
  nodes: readonly OnnxNode[];
  initializers: readonly Initializer[];
  input: TypedName;
  output: TypedName;
  /** Name of the graph. */
  name: string;
  description: string;
  producer: { name: string; version: string };
  /** Shown by programs as the model's own metadata. */
  metadata: Readonly<Record<string, string>>;
}

/** Format and operations that onnxruntime takes since 1.12 of 2022. */
const IR_VERSION = 8;
const OPSET = 17;

/** Protocol buffers end there. */
const LARGEST = 2 ** 31 - 1;

const ELEMENT_BYTES: Readonly<Record<ElementType, number>> = { float32: 4, float16: 2, int64: 8, bool: 1 };

/**
 * Writes `model.onnx` (a `ModelProto`), one tensor after the other.
 *
 * @throws InputError for more than 2 GB, which no ONNX file holds
 */
export async function writeModelFile(path: string, model: OnnxModel): Promise<void> {
  const tensors = model.initializers.map(prepared);
  const graph = graphFields(model);
  const graphLength = tensors.reduce((sum, { length }) => sum + length, graph.length);
  const head = modelFields(model);
  if (head.length + graphLength + fieldHead(7, 0).length + 4 > LARGEST) {
    throw new InputError(
      `The model has ${(graphLength / 1e9).toFixed(1)} GB of weights: an ONNX file holds at most 2.1 GB. ` +
        "Store its weights in float16, or export it as 'saved-model'.",
    );
  }
  const file = await open(path, 'w');
  try {
    for (const piece of [head, fieldHead(7, graphLength), graph]) await file.writeFile(piece);
    for (const { start, values } of tensors) {
      await file.writeFile(start);
      await file.writeFile(values());
    }
  } finally {
    await file.close();
  }
}

const modelFields = ({ producer, description, metadata }: OnnxModel): Message =>
  message(
    varint(1, IR_VERSION),
    text(2, producer.name),
    text(3, producer.version),
    text(6, description),
    bytes(8, message(text(1, ''), varint(2, OPSET))),
    ...Object.entries(metadata).map(([key, value]) => bytes(14, message(text(1, key), text(2, value)))),
  );

/** The graph without its initializers. */
const graphFields = ({ nodes, name, description, input, output }: OnnxModel): Message =>
  message(
    ...nodes.map((node) => bytes(1, encodeNode(node))),
    text(2, name),
    text(10, description),
    bytes(11, encodeTypedName(input)),
    bytes(12, encodeTypedName(output)),
  );

/** What goes before an initializer's values, and the length of both. */
function prepared({ name, type, shape, data }: Initializer) {
  const size = sizeOf(shape) * ELEMENT_BYTES[type];
  const tensor = encodeTensorHead(name, type, shape);
  const raw = fieldHead(9, size);
  const start = Buffer.concat([fieldHead(5, tensor.length + raw.length + size), tensor, raw]);
  const values = () => {
    const bytes = data();
    if (bytes.length !== size)
      throw new Error(`Expected ${size} bytes of '${name}', received ${bytes.length}.`);
    return bytes;
  };
  return { start, values, length: start.length + size };
}
