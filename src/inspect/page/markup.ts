import { escaped } from '../../sheet/index.js';

/** HTML that needs no escaping any more. */
export class Markup {
  constructor(readonly text: string) {}
}

type Part = string | number | Markup | readonly Part[];

/**
 * HTML from a template: what is put in is escaped, unless it is markup itself; lists are joined.
 *
 * @example markup`<p>${name}</p>`
 */
export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(strings.map((text, i) => text + (i < parts.length ? render(parts[i]!) : '')).join(''));
}

function render(part: Part): string {
  if (part instanceof Markup) return part.text;
  return Array.isArray(part) ? part.map(render).join('') : escaped(String(part));
}
