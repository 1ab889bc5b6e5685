import { invalid } from '../errors.js';
import { bytes, type Message, message, text, varint } from './proto.js';

/** How a session computes (tensorflow/core/protobuf/config.proto). Everything left out is TensorFlow's choice. */
export interface SessionConfig {
  /**
   * Threads inside one operation. The first session of a process decides for all that follow: TensorFlow has one
   * pool of them.
   */
  intraOpThreads?: number;
  /** Operations that run side by side. Here too the first session decides for all, unless {@link ownThreads} is on. */
  interOpThreads?: number;
  /** Threads for operations side by side of this session's own. @default false */
  ownThreads?: boolean;
  /** Logical devices by type, for example `{ CPU: 2 }` to try data parallelism on one machine. */
  deviceCount?: Readonly<Record<string, number>>;
  /** Let GPU memory grow instead of taking all of it at the start. @default true */
  gpuMemoryGrowth?: boolean;
  /** Compile clusters of the graph with XLA. @default false */
  xla?: boolean;
  /** `float32`, or TensorFlow's rewriter for mixed precision. @default 'float32' */
  precision?: Precision;
  /**
   * Let TensorFlow rewrite the graph before its first run (Grappler: folding, merging, fusing, mixed precision).
   * Without it the first run of a large graph starts seconds earlier, every run is slower, and sums may round
   * differently. @default true
   */
  grappler?: boolean;
}

/**
 * Element types of the computation; variables are float32 in any case.
 *
 * - `mixed-bfloat16`: convolutions and matrix products on the CPU, and what lies between them, in bfloat16. It takes
 *   a CPU with AVX-512; elsewhere, and on GPUs, the computation stays float32, without a word.
 * - `mixed-float16`: the same in float16 on GPUs, and on CPUs that have arithmetic for it (AVX512-FP16, AMX-FP16);
 *   on other CPUs the computation stays float32, without a word. Small gradients need a factor of the loss.
 */
export const PRECISIONS = ['float32', 'mixed-bfloat16', 'mixed-float16'] as const;
export type Precision = (typeof PRECISIONS)[number];

const ON = 1;
const JIT_ON = 1;

/** Fields of RewriterConfig, tensorflow/core/protobuf/rewriter_config.proto. */
const REWRITER = {
  disableMetaOptimizer: 19,
  /** float16, on GPUs, and by oneDNN on CPUs that can. */
  autoMixedPrecision: 23,
  autoMixedPrecisionOnednnBfloat16: 31,
} as const;

/**
 * The rewriter of each precision. There is a third one, auto_mixed_precision_cpu (29), which pretends that the CPU is
 * a GPU: it ends the process with an uncaught std::out_of_range on any training graph of TensorFlow 2.21.
 */
const REWRITES: Record<Precision, readonly number[]> = {
  float32: [],
  'mixed-bfloat16': [REWRITER.autoMixedPrecisionOnednnBfloat16],
  'mixed-float16': [REWRITER.autoMixedPrecision],
};

/**
 * The ConfigProto of a configuration, encoded.
 *
 * @throws InputError when a precision is asked for without the rewriter that brings it
 */
export function encodeSessionConfig(config: SessionConfig): Message {
  const { deviceCount = {}, intraOpThreads = 0, interOpThreads = 0 } = config;
  const {
    ownThreads = false,
    gpuMemoryGrowth = true,
    xla = false,
    precision = 'float32',
    grappler = true,
  } = config;
  if (!grappler && precision !== 'float32') {
    const next = 'Mixed precision is a rewriting of the graph: leave grappler on, or use float32.';
    throw invalid('grappler', `true with precision ${precision}`, grappler, next);
  }
  const optimizer = xla ? [bytes(3, message(varint(5, JIT_ON), varint(7, xla)))] : [];
  const rewrites = REWRITES[precision].map((field) => varint(field, ON));
  if (!grappler) rewrites.push(varint(REWRITER.disableMetaOptimizer, true));
  return message(
    ...Object.entries(deviceCount).map(([type, count]) => bytes(1, message(text(1, type), varint(2, count)))),
    varint(2, intraOpThreads),
    varint(5, interOpThreads),
    ...(ownThreads ? [varint(9, true)] : []),
    bytes(6, message(varint(4, gpuMemoryGrowth))),
    varint(7, true), // allow_soft_placement: an operation without a GPU kernel runs on the CPU
    bytes(10, message(...optimizer, bytes(10, message(...rewrites)))),
  );
}
