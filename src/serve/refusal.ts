/**
 * A request that is refused: its status, what is wrong with it and the way out. A class, because what is no refusal is a
 * fault of the server and tells its client nothing.
 */
export class Refusal extends Error {
  override name = 'Refusal';

  /**
   * @param status of the answer, 4xx or 503
   * @param headers that the status asks for, such as `allow`
   */
  constructor(
    readonly status: number,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** The client went away before it was answered: there is nobody to tell. */
export class ClientGone extends Error {
  override name = 'ClientGone';
}
