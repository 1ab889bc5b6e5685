import { describeImages } from '../describe.js';
import type { Finding } from '../findings.js';
import type { Inspection } from '../inspection.js';
import { whole } from '../number-text.js';
import { type Markup, markup } from './markup.js';
import { type Picture, SHOWN_CASES } from './pictures.js';

/** A finding with the pictures of its first cases. */
export interface PicturedFinding extends Finding {
  pictures: readonly (Picture | undefined)[];
}

/** Findings that make a result worthless, or a run fail. */
const GRAVE: readonly Finding['kind'][] = ['unreadable', 'leaks', 'label-conflicts'];
/** Cases whose names are in the page; `report.json` has all. */
const NAMED_CASES = 500;

const isGrave = ({ kind }: Finding): boolean => GRAVE.includes(kind);

/** What is wrong, the gravest first. */
export function findingsSection(findings: readonly PicturedFinding[]): Markup {
  const cards = findings.map(
    (
      finding,
    ) => markup`<section class="card finding ${isGrave(finding) ? 'bad' : 'warn'}" id="problem-${finding.kind}">
<h3>${finding.title}</h3>
${finding.advice === '' ? '' : markup`<p class="advice">${finding.advice}</p>`}
${casesOf(finding)}
</section>
`,
  );
  const fine = markup`<p class="card fine">Nothing wrong was found.</p>`;
  return markup`<h2 id="problems">Problems</h2>
${cards.length === 0 ? fine : cards}`;
}

function casesOf({ items, pictures }: PicturedFinding): Markup {
  const shown = items.slice(0, SHOWN_CASES).map(({ text }, i) => {
    const picture = pictures[i];
    if (!picture)
      return markup`<li>${text}</li>
`;
    return markup`<li style="width:${picture.width}px">${image(picture)}<p>${text}</p></li>
`;
  });
  const others = items.slice(SHOWN_CASES);
  if (others.length === 0) return markup`<ul class="cases">${shown}</ul>`;
  const named = others.slice(0, NAMED_CASES).map(({ text }) => markup`<li>${text}</li>`);
  const rest = others.length - named.length;
  return markup`<ul class="cases">${shown}</ul>
<details><summary>${whole(others.length)} more</summary><ul class="cases names">${named}</ul>
${rest > 0 ? markup`<p>And ${whole(rest)} more: see <a href="report.json">report.json</a>.</p>` : ''}</details>`;
}

/** Images of each class by split, as numbers and bars. */
export function classesSection({ classes }: Inspection, sheets: readonly (Picture | undefined)[]): Markup {
  const most = Math.max(1, ...classes.map(({ train, test }) => Math.max(train, test)));
  const bar = (count: number) =>
    markup`<span class="bar" style="width:${((100 * count) / most).toFixed(1)}%"></span>`;
  const rows = classes.map(
    ({ name, train, test }, label) => markup`<tr><th scope="row">${
      sheets[label] ? markup`<a href="#class-${label + 1}">${name}</a>` : name
    }</th><td class="number">${whole(train)}</td><td class="number">${whole(test)}</td><td class="bars" aria-hidden="true">${[
      bar(train),
      bar(test),
    ]}</td></tr>
`,
  );
  return markup`<h2 id="classes">Classes</h2>
<div class="card scroll"><table>
<caption class="key"><i aria-hidden="true"></i>training images<i class="held" aria-hidden="true"></i>held-out images</caption>
<thead><tr><th scope="col">class</th><th scope="col" class="number">training</th><th scope="col" class="number">held out</th><td class="bars" aria-hidden="true"></td></tr></thead>
<tbody>
${rows}</tbody></table></div>`;
}

/** What the images are: sizes, formats, kinds, channels. */
export function imagesSection(inspection: Inspection): Markup {
  const { facts, notes } = describeImages(inspection);
  const entries = Object.entries(facts).map(
    ([name, value]) => markup`<dt>${name}</dt><dd>${value}</dd>
`,
  );
  return markup`<h2 id="images">Images</h2>
<div class="columns">
<div class="card"><dl>
${entries}</dl>
${notes.map((note) => markup`<p class="advice">${note}</p>`)}</div>
${channels(inspection)}
</div>`;
}

const CHANNELS = [
  ['red', '#e5484d'],
  ['green', '#30a46c'],
  ['blue', '#3e63dd'],
] as const;

function channels({ statistics }: Inspection): Markup {
  if (!statistics) return markup``;
  const { mean, deviation, images } = statistics;
  const rows = CHANNELS.map(
    ([name, colour], i) =>
      markup`<tr><th scope="row"><span class="swatch" style="background:${colour}" aria-hidden="true"></span>${name}</th><td class="number">${mean[i]!.toFixed(4)}</td><td class="number">${deviation[i]!.toFixed(4)}</td></tr>
`,
  );
  return markup`<div class="card scroll"><table>
<caption>Channels of ${whole(images)} training images, values from 0 to 1, each image counting the same</caption>
<thead><tr><th scope="col">channel</th><th scope="col" class="number">mean</th><th scope="col" class="number">deviation</th></tr></thead>
<tbody>
${rows}</tbody></table></div>`;
}

/** The contact sheets. */
export function sheetsSection({ classes }: Inspection, sheets: readonly (Picture | undefined)[]): Markup {
  const figures = classes.map(({ name, train, test }, label) => {
    const sheet = sheets[label];
    if (!sheet) return markup``;
    return markup`<figure class="sheet" id="class-${label + 1}">
<figcaption><h3>${name}</h3><span>${whole(train)} training, ${whole(test)} held out</span></figcaption>
${image(sheet)}
</figure>
`;
  });
  return markup`<h2 id="sheets">Contact sheets</h2>
${figures}`;
}

const image = ({ file, width, height, alt }: Picture): Markup =>
  markup`<img src="${file}" width="${width}" height="${height}" alt="${alt}" loading="lazy"/>`;
