/** Something that set-up expects to go wrong on some machines: the message says what failed and what to do. */
export class SetupError extends Error {
  name = 'SetupError';
  exitCode = 1;
}

/** Wrong usage: an option that set-up does not have. */
export class UsageError extends SetupError {
  name = 'UsageError';
  exitCode = 2;
}
