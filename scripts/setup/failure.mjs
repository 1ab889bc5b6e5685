/** Something that set-up expects to go wrong on some machines: the message says what failed and what to do. */
export class SetupError extends Error {
  name = 'SetupError';
}
