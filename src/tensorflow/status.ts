import { library, type Pointer } from './library.js';

/** TensorFlow's error codes, by number (`absl::StatusCode`). */
const CODES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];

/** What TensorFlow refused or failed at: its own message, the code by name, and the node where it is known. */
export class TensorFlowError extends Error {
  override name = 'TensorFlowError';
  /** For example `INVALID_ARGUMENT` or `RESOURCE_EXHAUSTED`. */
  readonly code: string;
  /** Name of the graph's node that failed. */
  readonly node: string | undefined;

  constructor(action: string, code: number, message: string) {
    // TensorFlow names nodes as {{node NAME}} or [[{{node NAME}}]], and functions' nodes in other words.
    const node = /\{\{node ([^}]+)\}\}/.exec(message)?.[1] ?? /[Nn]ode:? '([^']+)'/.exec(message)?.[1];
    const at = node ? ` at node '${node}'` : '';
    const name = CODES[code] ?? String(code);
    super(`TensorFlow could not ${action}${at} (${name}): ${message}`);
    this.code = name;
    this.node = node;
  }
}

/** Throws what a status holds, if it holds an error. `action` completes "TensorFlow could not ...". */
function check(status: Pointer, action: string): void {
  const { c } = library();
  const code = c.TF_GetCode(status);
  if (code !== 0) throw new TensorFlowError(action, code, c.TF_Message(status));
}

/**
 * Runs `call` with a fresh `TF_Status`, throws what TensorFlow put into it, and frees it in any case.
 *
 * @param action completes "TensorFlow could not ...", for example `import the graph`
 */
export function withStatus<T>(action: string, call: (status: Pointer) => T): T {
  const { c } = library();
  const status: Pointer = c.TF_NewStatus();
  try {
    const result = call(status);
    check(status, action);
    return result;
  } finally {
    c.TF_DeleteStatus(status);
  }
}

/** As {@link withStatus}, for a call that runs on a thread of its own. */
export async function withStatusAsync<T>(action: string, call: (status: Pointer) => Promise<T>): Promise<T> {
  const { c } = library();
  const status: Pointer = c.TF_NewStatus();
  try {
    const result = await call(status);
    check(status, action);
    return result;
  } finally {
    c.TF_DeleteStatus(status);
  }
}
