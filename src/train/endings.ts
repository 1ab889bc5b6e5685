/** The run was stopped by its signal; a checkpoint was written where there is a folder. */
export class Interrupted extends Error {
  override name = 'Interrupted';
}

/** Loss or gradient is no longer a number. */
export class Diverged extends Error {
  override name = 'Diverged';
}
