/** Writes the page of options from the schema: `npm run docs`. */
import { renameSync, writeFileSync } from 'node:fs';
import { optionsDocument } from '../src/recipe/document.js';

const path = new URL('../docs/options.md', import.meta.url);
const aside = new URL(`${path.href}.tmp-${process.pid}`);
writeFileSync(aside, optionsDocument());
renameSync(aside, path);
