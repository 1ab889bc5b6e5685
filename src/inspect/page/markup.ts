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

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A text for HTML, SVG and XML: also without the control characters that XML does not allow. */
export function escaped(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
      .replace(/[&<>"']/g, (character) => ENTITIES[character]!)
  );
}
