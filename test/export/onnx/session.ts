import { InferenceSession, Tensor } from 'onnxruntime-node';

/** Runs an ONNX file once in onnxruntime, as it is: nothing is fused, so that each operation is seen by itself. */
export async function runOnnx(
  path: string,
  data: Float32Array,
  shape: readonly number[],
): Promise<{ shape: readonly number[]; values: Float32Array }> {
  const session = await InferenceSession.create(path, {
    graphOptimizationLevel: 'disabled',
    logSeverityLevel: 3,
  });
  try {
    const results = await session.run({ [session.inputNames[0]!]: new Tensor('float32', data, [...shape]) });
    const { dims, data: values } = results[session.outputNames[0]!]!;
    return { shape: dims, values: values as Float32Array };
  } finally {
    await session.release();
  }
}
