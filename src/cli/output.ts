/** Prints a result: standard output carries nothing else. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** A list of nothing but numbers, as JSON.stringify breaks it: no string can hold a line's end. */
const NUMBERS = /\[\n\s+((?:[-\d.e+]+|null)(?:,\n\s+(?:[-\d.e+]+|null))*)\n\s*\]/g;

/** Prints one JSON document as the result; a list of numbers takes one line. */
export function printJson(document: unknown): void {
  const text = JSON.stringify(document, null, 2);
  print(text.replace(NUMBERS, (_, numbers: string) => `[${numbers.replaceAll(/\n\s+/g, ' ')}]`));
}

/** Says something about the way there, on standard error. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** A column of a table: its heading, and the side that its values are aligned to. */
export interface Column {
  title: string;
  align?: 'left' | 'right';
}

const GAP = '  ';

/** A table as text, each column as wide as its longest value. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const lines = [columns.map(({ title }) => title), ...rows];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)));
  return lines
    .map((line) =>
      columns
        .map(({ align }, i) =>
          align === 'right' ? line[i]!.padStart(widths[i]!) : line[i]!.padEnd(widths[i]!),
        )
        .join(GAP)
        .trimEnd(),
    )
    .join('\n');
}

/** Names and what belongs to each, one a line. */
export function facts(entries: Readonly<Record<string, string>>): string {
  const width = Math.max(...Object.keys(entries).map((name) => name.length));
  return Object.entries(entries)
    .map(([name, value]) => `${name.padEnd(width)}${GAP}${value}`)
    .join('\n');
}

/** 1438 as `1,438`. */
export const count = (value: number): string => value.toLocaleString('en-US');

/** 1 as `1 image`, 2 as `2 images`. */
export const counted = (value: number, noun: string): string =>
  `${count(value)} ${noun}${value === 1 ? '' : 's'}`;

/** 0.9749 as `97.49 %`. */
export const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

/** Bytes as `273.8 MB`. */
export function bytes(value: number): string {
  return value >= 1e9 ? `${(value / 1e9).toFixed(1)} GB` : `${(value / 1e6).toFixed(1)} MB`;
}

/** Seconds as `0:42`, `12:34` or `1:23:45`. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = String(whole % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}
