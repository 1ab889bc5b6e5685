import type { BaseModel, PublishedTop1, Variant } from '../../../models/catalogue/index.js';
import { table } from '../output.js';

/** A base as JSON: numbers whole, `null` for what is not published. */
export const describeBase = ({
  name,
  parameters,
  imageSize,
  minimumImageSize,
  licence,
  variants,
}: BaseModel) => ({
  name,
  parameters,
  imageSize,
  minimumImageSize,
  licence: variants[0]?.licence ?? licence,
  top1: variants[0]?.top1 ?? null,
  variants: variants.map((variant) => describeVariant(variant, imageSize)),
});

/** A variant as JSON. */
export const describeVariant = (variant: Variant, nativeSize: number) => ({
  name: variant.name,
  from: variant.from,
  source: variant.source,
  imageSize: variant.imageSize ?? nativeSize,
  top1: variant.top1 ?? null,
  licence: variant.licence,
});

/** Where figures were published, numbered in the order they are met. */
export class References {
  readonly #texts: string[] = [];

  /** `86.8 [1]`, with the size of the images where it matters; `-` for none. */
  cite(top1: PublishedTop1 | undefined): string {
    if (!top1) return '-';
    const { percent, reference, imageSize } = top1;
    if (!this.#texts.includes(reference)) this.#texts.push(reference);
    const size = imageSize === undefined ? '' : ` at ${imageSize} px`;
    return `${percent.toFixed(1)}${size} [${this.#texts.indexOf(reference) + 1}]`;
  }

  /** One a line. */
  lines(): string[] {
    return this.#texts.map((text, i) => `  [${i + 1}] ${text}`);
  }
}

const COLUMNS = [
  { title: 'base' },
  { title: 'parameters', align: 'right' },
  { title: 'px', align: 'right' },
  { title: 'top-1' },
  { title: 'licence' },
  { title: 'weights' },
] as const;

/** The bases as a table; where lines would be longer than `columns`, only the default weights are named. */
export function listBases(bases: readonly BaseModel[], columns: number): string {
  const whole = rows(bases, ({ variants }) => variants.map(({ name }) => name).join(', '));
  const isWhole = whole.split('\n').every((line) => line.length <= columns);
  const listed = isWhole ? whole : rows(bases, defaultAndCount);
  const references = new References();
  for (const { variants } of bases) references.cite(variants[0]?.top1);
  return [
    listed,
    '',
    'px: side of the images that it is made for. Licence: of the default weights.',
    'Weights: --base NAME takes the first, --base NAME:WEIGHTS another; --base',
    'NAME:none starts at random. They are fetched when first used. A dash: none are',
    "published that are fetched here; --weights PATH takes a file of one's own.",
    "All about one: 'sam-finetune bases NAME'.",
    'Top-1 on ImageNet in percent, of the default weights, as published:',
    ...references.lines(),
  ].join('\n');
}

function rows(bases: readonly BaseModel[], weights: (base: BaseModel) => string): string {
  const references = new References();
  return table(
    COLUMNS,
    bases.map((base) => [
      base.name,
      millions(base.parameters),
      String(base.imageSize),
      shortTop1(base.variants[0]?.top1, references),
      base.variants[0]?.licence ?? '-',
      weights(base) || '-',
    ]),
  );
}

// The size that it was measured on is told of one base, not in the table.
const shortTop1 = (top1: PublishedTop1 | undefined, references: References): string =>
  references.cite(top1 && { percent: top1.percent, reference: top1.reference });

const defaultAndCount = ({ variants: [first, ...others] }: BaseModel): string =>
  first ? `${first.name}${others.length > 0 ? ` +${others.length}` : ''}` : '';

/** 66347960 as `66.3 M`. */
const millions = (count: number): string => `${(count / 1e6).toFixed(1)} M`;
