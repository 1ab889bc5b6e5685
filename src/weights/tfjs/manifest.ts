import { z } from 'zod';
import { InputError } from '../../errors.js';

const dimension = z.number().int().nonnegative();

const quantizationSchema = z.union([
  z.looseObject({ dtype: z.enum(['uint8', 'uint16']), min: z.number(), scale: z.number() }),
  z.looseObject({ dtype: z.literal('float16') }),
]);

const weightSchema = z.looseObject({
  name: z.string(),
  shape: z.array(dimension),
  dtype: z.enum(['float32', 'int32', 'bool']),
  /** What belongs to an optimizer is marked so, and is no weight of the model. */
  group: z.string().optional(),
  quantization: quantizationSchema.optional(),
});

/** Shards and the weights in them, group by group. */
export const weightsManifestSchema = z.array(
  z.looseObject({ paths: z.array(z.string()), weights: z.array(weightSchema) }),
);

const modelSchema = z.looseObject({
  format: z.string().optional(),
  generatedBy: z.string().nullish(),
  convertedBy: z.string().nullish(),
  modelTopology: z.record(z.string(), z.unknown()),
  weightsManifest: weightsManifestSchema,
  userDefinedMetadata: z.record(z.string(), z.unknown()).nullish(),
});

/** The parts of a tfjs `model.json` that are read here. */
export type ModelJson = z.infer<typeof modelSchema>;

/** One weight of a manifest: its name, shape, type, and how it was quantized. */
export type ManifestWeight = z.infer<typeof weightSchema>;

/** Checks a `model.json`: what it is, and the shape of its parts. */
export function parseModelJson(path: string, value: unknown): ModelJson {
  const format = (value as { format?: unknown } | null)?.format;
  if (format === 'graph-model') {
    throw new InputError(`${path} is a tfjs graph model, expected a layers model (format 'layers-model').`);
  }
  const result = modelSchema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new InputError(
    `Expected a tfjs layers model in ${path}: ${issue?.path.join('.') || 'the file'}: ${issue?.message}. ` +
      'The file seems damaged or written by another program: convert or fetch it again.',
  );
}
