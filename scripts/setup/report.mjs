const QUIET_PERIOD_MS = 5000;
const REDRAW_MS = 500;

/** Prints one line to standard error, where all of set-up's output goes. */
export const say = (line) => process.stderr.write(`${line}\n`);

/** Bytes as `273.8 MB`. */
export const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

/**
 * Shows that a long step is alive while it runs: redrawn in place on a terminal, a line every few seconds elsewhere.
 *
 * @param label what is going on
 * @param measure gives how far it has come, as text; the time taken is shown in any case
 * @param shown true where the step writes to the terminal itself: there it is left alone
 */
export async function withProgress(label, step, { measure = () => '', shown = false } = {}) {
  const terminal = process.stderr.isTTY;
  const start = Date.now();
  const line = () =>
    [label, measure(), `${Math.round((Date.now() - start) / 1000)} s`].filter(Boolean).join(', ');
  say(`${label} ...`);
  if (terminal && shown) return step();
  const draw = () => process.stderr.write(terminal ? `\r\x1b[K  ${line()}` : `  ${line()}\n`);
  const timer = setInterval(draw, terminal ? REDRAW_MS : QUIET_PERIOD_MS);
  try {
    return await step();
  } finally {
    clearInterval(timer);
    if (terminal) process.stderr.write('\r\x1b[K');
  }
}
