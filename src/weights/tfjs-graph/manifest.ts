import { z } from 'zod';
import type { GraphNode } from '../../../models/topology.js';
import { InputError } from '../../errors.js';
import type { Endpoint } from '../../model/graph/index.js';
import { weightsManifestSchema } from '../tfjs/manifest.js';

const nodeSchema = z.object({
  name: z.string(),
  op: z.string(),
  input: z.array(z.string()).optional(),
  attr: z.record(z.string(), z.record(z.string(), z.json())).optional(),
});

const endpointsSchema = z.record(
  z.string(),
  z.looseObject({
    name: z.string().optional(),
    tensorShape: z
      .looseObject({ dim: z.array(z.looseObject({ size: z.coerce.number().int().optional() })).optional() })
      .optional(),
  }),
);
const signatureSchema = z.looseObject({ outputs: endpointsSchema.optional() });

const modelSchema = z.looseObject({
  modelTopology: z.looseObject({ node: z.array(nodeSchema) }),
  signature: signatureSchema.nullish(),
  weightsManifest: weightsManifestSchema,
  userDefinedMetadata: z.looseObject({ signature: signatureSchema.nullish() }).nullish(),
});

/** The parts of a graph model's `model.json` that are read here. */
export type GraphModelJson = z.infer<typeof modelSchema> & { modelTopology: { node: GraphNode[] } };

/**
 * Checks the `model.json` of a graph model.
 *
 * @param place its path or address, for messages
 */
export function parseGraphModelJson(place: string, value: unknown): GraphModelJson {
  const topology = (value as { modelTopology?: { node?: unknown } } | null)?.modelTopology;
  if (topology && typeof topology === 'object' && topology.node === undefined) {
    throw new InputError(`${place} is a tfjs layers model, expected a graph model (format 'graph-model').`);
  }
  const result = modelSchema.safeParse(value);
  if (result.success) return result.data as GraphModelJson;
  const [issue] = result.error.issues;
  throw new InputError(
    `Expected a tfjs graph model in ${place}: ${issue?.path.join('.') || 'the file'}: ${issue?.message}. ` +
      'The file seems damaged or written by another program: convert or fetch it again.',
  );
}

/** What the signature says that the model gives. */
export function outputsOf({ signature, userDefinedMetadata }: GraphModelJson): Endpoint[] {
  const outputs = (userDefinedMetadata?.signature ?? signature)?.outputs ?? {};
  return Object.entries(outputs).map(([key, { name = key, tensorShape }]) => ({
    key,
    node: name.replace(/:0$/, ''),
    ...(tensorShape?.dim && { shape: tensorShape.dim.map(({ size = 0 }) => size) }),
  }));
}
