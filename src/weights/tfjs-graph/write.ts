import type { GraphNode, GraphTopology } from '../../../models/topology.js';
import { InputError } from '../../errors.js';
import type { ModelData } from '../../model/data.js';
import { constantOf, weightOf } from '../../model/graph/index.js';
import { traceShapes } from '../../model/graph/shapes.js';
import type { WeightMap } from '../../model/weights.js';
import { describe } from '../tfjs/metadata.js';
import { writeModelFolder } from '../tfjs/write.js';

/** Version of the operations' definitions, as TensorFlow 2 counts them; tfjs wants one. */
export const VERSIONS = { producer: 440, minConsumer: 12 };

/**
 * Writes a folder that `tf.loadGraphModel` takes: `model.json` and shards of 4 MiB. It is written aside and renamed; a tfjs
 * model that has the name is replaced, a folder with anything else in it is refused. Read again, it can be trained
 * further: its nodes tell which constants are weights.
 *
 * @param metadata what to keep beside labels, preprocessing and image size: JSON, under `userDefinedMetadata.samFinetune`
 * @throws InputError for a weight without a value
 */
export async function writeGraphModel(
  folder: string,
  { topology, weights, labels, preprocessing, imageSize }: ModelData & { topology: GraphTopology },
  { metadata = {} }: { metadata?: Record<string, unknown> } = {},
): Promise<void> {
  const { nodes } = topology.config;
  await writeModelFolder(folder, valuesOf(nodes, weights), {}, (weightsManifest) => ({
    format: 'graph-model',
    generatedBy: 'sam-finetune',
    convertedBy: null,
    signature: signatureOf(topology),
    modelTopology: { node: nodes.map(withoutValue), library: {}, versions: VERSIONS },
    weightsManifest,
    userDefinedMetadata: describe({ labels, preprocessing, imageSize, metadata }),
  }));
}

/** Values of all constants: tfjs takes them from the shards, weights or not. */
function valuesOf(nodes: readonly GraphNode[], weights: WeightMap): WeightMap {
  const values: WeightMap = new Map();
  for (const node of nodes) {
    if (node.op !== 'Const') continue;
    const value = weightOf(node) ? weights.get(node.name) : constantOf(node);
    if (!value)
      throw new InputError(`Weight '${node.name}' has no value to be written. Fine-tune the model first.`);
    values.set(node.name, value);
  }
  return values;
}

/** A constant whose value is in the shards. */
function withoutValue(node: GraphNode): GraphNode {
  const tensor = node.attr?.value?.tensor;
  if (node.op !== 'Const' || tensor === null || typeof tensor !== 'object' || Array.isArray(tensor))
    return node;
  const { tensorContent: _, ...rest } = tensor;
  return { ...node, attr: { ...node.attr, value: { tensor: rest } } };
}

function signatureOf(topology: GraphTopology): object {
  const { nodes, input, output } = topology.config;
  const placeholder = nodes.find(({ name }) => name === input);
  const tensorShape = placeholder?.attr?.shape?.shape ?? {};
  const sizes = traceShapes(topology).get(output) ?? [];
  return {
    inputs: {
      [input]: { name: `${input}:0`, dtype: placeholder?.attr?.dtype?.type ?? 'DT_FLOAT', tensorShape },
    },
    outputs: {
      [output]: {
        name: /:\d+$/.test(output) ? output : `${output}:0`,
        dtype: 'DT_FLOAT',
        tensorShape: { dim: sizes.map((size) => ({ size: String(size) })) },
      },
    },
  };
}
