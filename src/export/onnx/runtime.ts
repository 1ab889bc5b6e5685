import { NotOpened, type OpenedModel } from '../format.js';

const PROGRAM = 'onnxruntime-node';
/** Errors alone: its warnings are about what it will optimize. */
const ERRORS = 3;

/**
 * Opens an ONNX model in onnxruntime, on the CPU.
 *
 * @throws NotOpened where `onnxruntime-node` is not installed: its programs for all systems are large, and nothing
 *   else needs it
 */
export async function openWithOnnxruntime(
  path: string,
  /** Tests take it away. */
  { load = () => import('onnxruntime-node') } = {},
): Promise<OpenedModel> {
  const runtime = await load().catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new NotOpened(`${PROGRAM} is not installed: npm install ${PROGRAM}`);
  });
  const { InferenceSession, Tensor, env } = runtime;
  const session = await InferenceSession.create(path, {
    executionProviders: ['cpu'],
    logSeverityLevel: ERRORS,
  });
  return {
    program: `onnxruntime ${env.versions.node ?? env.versions.common}`,
    async run({ data, shape }) {
      const images = new Tensor('float32', data, [...shape]);
      const results = await session.run({ [session.inputNames[0]!]: images });
      return results[session.outputNames[0]!]!.data as Float32Array;
    },
    close: () => session.release(),
  };
}
