import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesOf } from '../../../src/weights/tensor-types.js';
import type { GraphBuilder } from '../../model/graph/graph-builder.js';

const PREDICTIONS = { predictions: 'Identity' };

export interface FolderOptions {
  /** Quantization of the float32 weights. @default none */
  quantization?: 'uint8' | 'uint16';
  /** Bytes of a shard. @default all in one */
  shardBytes?: number;
  /** Changes the model.json before it is written. */
  change?: (json: Record<string, unknown>) => void;
  /** Nodes of the signature's outputs; none for no signature. @default that of the network's probabilities */
  outputs?: Record<string, string> | null;
}

/** Writes a graph model as tfjs's converter does: `model.json` and shards. */
export function writeGraphFolder(folder: string, graph: GraphBuilder, options: FolderOptions = {}): string {
  const { quantization, shardBytes = Number.POSITIVE_INFINITY, change, outputs = PREDICTIONS } = options;
  mkdirSync(folder, { recursive: true });
  const weights: object[] = [];
  const parts: Uint8Array[] = [];
  for (const [name, { dtype, shape, data }] of graph.tensors) {
    if (!quantization || dtype !== 'float32' || data.length < 2) {
      weights.push({ name, shape, dtype });
      parts.push(bytesOf(data));
      continue;
    }
    const values = data as Float32Array;
    const min = Math.min(...values);
    const levels = quantization === 'uint8' ? 255 : 65535;
    const scale = (Math.max(...values) - min) / levels || 1;
    const stored = values.map((value) => Math.round((value - min) / scale));
    weights.push({
      name,
      shape,
      dtype,
      quantization: { dtype: quantization, min, scale, original_dtype: 'float32' },
    });
    parts.push(bytesOf(quantization === 'uint8' ? Uint8Array.from(stored) : Uint16Array.from(stored)));
  }
  const bytes = Buffer.concat(parts);
  const count = Math.max(1, Math.ceil(bytes.length / shardBytes));
  const paths = Array.from({ length: count }, (_, i) => `group1-shard${i + 1}of${count}.bin`);
  paths.forEach((path, i) => {
    const start = count === 1 ? 0 : i * shardBytes;
    writeFileSync(join(folder, path), bytes.subarray(start, count === 1 ? undefined : start + shardBytes));
  });
  const json: Record<string, unknown> = {
    format: 'graph-model',
    generatedBy: '2.15.0',
    convertedBy: 'TensorFlow.js Converter v4.22.0',
    ...(outputs && {
      signature: {
        outputs: Object.fromEntries(
          Object.entries(outputs).map(([key, name]) => [key, { name: `${name}:0` }]),
        ),
      },
    }),
    modelTopology: { node: graph.nodes, library: {}, versions: { producer: 1645 } },
    weightsManifest: [{ paths, weights }],
  };
  change?.(json);
  writeFileSync(join(folder, 'model.json'), JSON.stringify(json));
  return folder;
}
