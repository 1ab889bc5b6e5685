import { packageVersion } from '../../package-root.js';
import type { Inspection } from '../inspection.js';
import { whole } from '../number-text.js';
import { Markup, markup } from './markup.js';
import type { Picture } from './pictures.js';
import {
  classesSection,
  findingsSection,
  imagesSection,
  type PicturedFinding,
  sheetsSection,
} from './sections.js';
import { STYLE } from './style.js';

/** What the page shows besides the inspection's numbers. */
export interface PageParts {
  findings: readonly PicturedFinding[];
  /** A sheet a class, in their order. */
  sheets: readonly (Picture | undefined)[];
}

/** The page of an inspection: one HTML document without scripts, which is well-formed XML as well. */
export function pageOf(inspection: Inspection, { findings, sheets }: PageParts): string {
  const { task, origin, images, classes, inspected } = inspection;
  const total = images.train + images.test;
  const problems =
    findings.length === 0 ? 'Nothing wrong was found.' : `${findings.map(({ title }) => title).join('. ')}.`;
  const document = markup`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="description" content="${problems}"/>
<title>${task}: ${whole(total)} images</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<a class="skip" href="#problems">Skip to the problems</a>
<header>
<h1>${task}</h1>
<p class="lead">${whole(total)} images of ${whole(classes.length)} classes: ${whole(images.train)} to train on, ${whole(images.test)} held out.</p>
${origin === null ? '' : markup`<p class="origin">${origin}</p>`}
<ul class="tiles">
${tiles(inspection)}</ul>
<nav aria-label="Sections"><ul>
<li><a href="#problems">Problems</a></li><li><a href="#images">Images</a></li><li><a href="#classes">Classes</a></li><li><a href="#sheets">Contact sheets</a></li>
</ul></nav>
</header>
<main>
${[findingsSection(findings), imagesSection(inspection), classesSection(inspection, sheets), sheetsSection(inspection, sheets)]}
</main>
<footer>
<p>Images are copies of each other where their bytes are the same, or where they look the same: their 64-bit perceptual hashes differ in 4 bits at most, and 16 x 16 grays of them correlate. A copy that was cropped, mirrored or much changed is not found. ${
    inspected.isWhole ? '' : 'Only a sample was looked at: a copy is found where both are in it. '
  }Means and deviations are of images as training sees them: as sRGB, on white, their shorter side 256 pixels at most.</p>
<p>All of this as data: <a href="report.json">report.json</a>. Made by sam-finetune ${packageVersion}.</p>
</footer>
</body>
</html>
`;
  return document.text;
}

function tiles({ unreadable, leaks, labelConflicts, duplicates, suspicious }: Inspection): Markup[] {
  const grave = (count: number) => (count === 0 ? 'good' : 'bad');
  const light = (count: number) => (count === 0 ? 'good' : 'warn');
  const entries: [string, number, string][] = [
    [grave(unreadable.length), unreadable.length, 'unreadable'],
    [grave(leaks.length), leaks.length, 'in both splits'],
    [grave(labelConflicts.length), labelConflicts.length, 'with several labels'],
    [light(duplicates.length), duplicates.length, 'with copies'],
    [light(suspicious.length), suspicious.length, 'suspicious'],
  ];
  return entries.map(
    ([kind, count, name]) => markup`<li class="${kind}"><b>${whole(count)}</b><span>${name}</span></li>
`,
  );
}
