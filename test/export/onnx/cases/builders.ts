import type { GraphAttribute } from '../../../../models/topology.js';
import { a, type GraphBuilder } from '../../../model/graph/graph-builder.js';

/** Adds what is tested to a graph with the input x, and gives its output. */
export type Build = (g: GraphBuilder, x: string) => string;
export type Attributes = Record<string, GraphAttribute>;

export const INT = a.type('DT_INT32');

/** One operation on x. */
export const op =
  (name: string, attributes: Attributes = {}): Build =>
  (g, x) =>
    g.op(name, 'it', [x], attributes);

/** One operation on x and whole numbers. */
export const withInts =
  (name: string, values: number[], attributes: Attributes = {}, shape?: number[]): Build =>
  (g, x) =>
    g.op(name, 'it', [x, g.ints('ints', values, shape)], { Tidx: INT, ...attributes });

/** x, already with its channels first inside. */
export const behindConvolution =
  (build: Build, channels = 4): Build =>
  (g, x) =>
    build(g, g.conv('before', x, [1, 1, 3, channels]));
