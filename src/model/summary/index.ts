/** Layers, multiply-adds and memory of a network, from its shapes alone. */
export type { MemoryEstimate } from './memory.js';
export { type LayerSummary, type Summary, type SummaryOptions, summarize } from './summarize.js';
