import { bytes, type Message, message, text, varint } from './proto.js';

/** How a session computes (tensorflow/core/protobuf/config.proto). Everything left out is TensorFlow's choice. */
export interface SessionConfig {
  /** Threads inside one operation. The first session of a process decides for all. */
  intraOpThreads?: number;
  /** Operations that run side by side. */
  interOpThreads?: number;
  /** Logical devices by type, for example `{ CPU: 2 }` to try data parallelism on one machine. */
  deviceCount?: Readonly<Record<string, number>>;
  /** Let GPU memory grow instead of taking all of it at the start. @default true */
  gpuMemoryGrowth?: boolean;
  /** Compile clusters of the graph with XLA. @default false */
  xla?: boolean;
  /** `float32`, or TensorFlow's rewriter for mixed precision. @default 'float32' */
  precision?: Precision;
}

/** Element types of the computation; variables are float32 in any case. */
export const PRECISIONS = ['float32', 'mixed-bfloat16', 'mixed-float16'] as const;
export type Precision = (typeof PRECISIONS)[number];

const ON = 1;
const JIT_ON = 1;

/** Fields of RewriterConfig that each precision switches on: for CPUs and for GPUs. */
const REWRITES: Record<Precision, readonly number[]> = {
  float32: [],
  // auto_mixed_precision_onednn_bfloat16
  'mixed-bfloat16': [31],
  // auto_mixed_precision (GPUs), auto_mixed_precision_cpu
  'mixed-float16': [23, 29],
};

/** The ConfigProto of a configuration, encoded. */
export function encodeSessionConfig(config: SessionConfig): Message {
  const { deviceCount = {}, intraOpThreads = 0, interOpThreads = 0 } = config;
  const { gpuMemoryGrowth = true, xla = false, precision = 'float32' } = config;
  const optimizer = xla ? [bytes(3, message(varint(5, JIT_ON), varint(7, xla)))] : [];
  const rewrites = REWRITES[precision].map((field) => varint(field, ON));
  return message(
    ...Object.entries(deviceCount).map(([type, count]) => bytes(1, message(text(1, type), varint(2, count)))),
    varint(2, intraOpThreads),
    varint(5, interOpThreads),
    bytes(6, message(varint(4, gpuMemoryGrowth))),
    varint(7, true), // allow_soft_placement: an operation without a GPU kernel runs on the CPU
    bytes(10, message(...optimizer, bytes(10, message(...rewrites)))),
  );
}
