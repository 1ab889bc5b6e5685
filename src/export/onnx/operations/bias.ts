import { type Call, tensor } from '../call.js';
import type { Value } from '../value.js';

const WITH_BIAS = new Set(['Conv', 'Gemm']);

/**
 * Makes a constant vector of channels the bias of the convolution or matrix product that gave the other operand; undefined
 * where that has one already, or its result is taken by something else as well.
 */
export function addToProducer(call: Call): Value | undefined {
  const [x, bias] = call.inputs as [Value, Value];
  const [form, ...others] = x.forms.values();
  if (!form || others.length > 0 || !call.usedOnce(x)) return undefined;
  const producer = call.graph.producer(form.name);
  const isVector = bias.constant && bias.shape.length === 1 && bias.shape[0] === x.shape.at(-1);
  if (!isVector || producer?.name !== x.name || form.type !== call.type) return undefined;
  if (!WITH_BIAS.has(producer.op) || producer.inputs.length !== 2) return undefined;
  producer.inputs.push(tensor(call, bias, 'plain').name);
  return { ...x, name: call.node.name };
}
