import { SingleBar } from 'cli-progress';
import { count, say } from './output.js';

/** How often progress is told where there is no terminal. */
const LINE_MS = 10_000;
const WIDEST_BAR = 24;
const NARROWEST_BAR = 4;
const USUAL_COLUMNS = 80;

/** What stands around the bar; the bar takes what it leaves of the terminal's width. */
export interface MeterText {
  left: string;
  right: string;
}

/** Something under way: a bar on a terminal, a line every ten seconds elsewhere, on standard error. */
export class Meter {
  readonly #bar: SingleBar | undefined;
  readonly #line: (text: MeterText) => string;
  #lastLine = performance.now();

  /** @param line what a line without a bar says */
  constructor({
    line = ({ left, right }) => `${left} ${right}`,
  }: { line?: (text: MeterText) => string } = {}) {
    this.#line = line;
    if (!process.stderr.isTTY) return;
    this.#bar = new SingleBar({
      stream: process.stderr,
      clearOnComplete: true,
      linewrap: true,
      format: (_options, { progress }, text: MeterText) => drawn(progress, text),
    });
  }

  /** @param share how much of it is done, 0 to 1 */
  update(share: number, text: MeterText): void {
    if (this.#bar) {
      if (!this.#bar.isActive) this.#bar.start(1, 0, text);
      this.#bar.update(share, text);
    } else if (performance.now() - this.#lastLine >= LINE_MS) {
      this.#lastLine = performance.now();
      say(this.#line(text));
    }
  }

  /** Removes the bar: what is said next takes its place. A later update draws it again. */
  clear(): void {
    if (this.#bar?.isActive) this.#bar.stop();
  }
}

/** A meter for so many of something: gives the function that is told how far it has come. */
export function counting(meter: Meter, label: string): (done: number, total: number) => void {
  return (done, total) =>
    meter.update(done / total, { left: label, right: `${count(done)}/${count(total)}` });
}

function drawn(share: number, { left, right }: MeterText): string {
  const columns = process.stderr.columns || USUAL_COLUMNS;
  // A line that fills the last column wraps on some terminals.
  const room = columns - left.length - right.length - 3;
  const width = Math.min(room, WIDEST_BAR);
  const text = width < NARROWEST_BAR ? `${left} ${right}` : `${left} ${bar(share, width)} ${right}`;
  return text.slice(0, columns - 1);
}

function bar(share: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width);
  return '█'.repeat(full) + '░'.repeat(width - full);
}
