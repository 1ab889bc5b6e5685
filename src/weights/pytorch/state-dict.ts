import { InputError } from '../../errors.js';
import type { PickleValue } from '../../pickle/index.js';
import { PickleTensor } from './tensor.js';

/** Where checkpoints of training programs keep the weights, in the order in which they are looked for. */
const WRAPPERS = ['state_dict', 'model_state_dict', 'model', 'net', 'module', 'state_dict_ema', 'model_ema'];
const DEEPEST = 3;
/** What `torch.nn.DataParallel` puts before each name. */
const PARALLEL_PREFIX = 'module.';

/** The tensors of a checkpoint by name, out of the dicts that training programs wrap them in. */
export function stateDict(path: string, root: PickleValue): Map<string, PickleTensor> {
  let value = root;
  for (let depth = 0; depth <= DEEPEST && value instanceof Map; depth += 1) {
    const tensors = tensorsOf(value);
    if (tensors.size > 0) return withoutPrefix(tensors);
    const dict: Map<PickleValue, PickleValue> = value;
    const wrapper = WRAPPERS.find((name) => dict.get(name) instanceof Map);
    if (wrapper === undefined) break;
    value = dict.get(wrapper) as PickleValue;
  }
  const keys = root instanceof Map ? [...root.keys()].filter((key) => typeof key === 'string') : [];
  const holds = keys.length > 0 ? ` It holds: ${keys.slice(0, 10).join(', ')}.` : '';
  throw new InputError(
    `Expected a dict of tensors in ${path} (or in its ${WRAPPERS.join(', ')}), found none.${holds} ` +
      'Save the weights with torch.save(model.state_dict(), ...).',
  );
}

function tensorsOf(dict: ReadonlyMap<PickleValue, PickleValue>): Map<string, PickleTensor> {
  const tensors = new Map<string, PickleTensor>();
  for (const [name, value] of dict) {
    if (typeof name === 'string' && value instanceof PickleTensor) tensors.set(name, value);
  }
  return tensors;
}

function withoutPrefix(tensors: Map<string, PickleTensor>): Map<string, PickleTensor> {
  const isParallel = [...tensors.keys()].every((name) => name.startsWith(PARALLEL_PREFIX));
  if (!isParallel) return tensors;
  return new Map([...tensors].map(([name, tensor]) => [name.slice(PARALLEL_PREFIX.length), tensor]));
}
