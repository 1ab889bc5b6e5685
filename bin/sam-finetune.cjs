#!/usr/bin/env node
'use strict';

// CommonJS on purpose: nothing may use Node's thread pool, as the loader of ES modules does, before its size is set.
// sharp decodes in it, one image a thread, and files are read in it meanwhile.
const { existsSync } = require('node:fs');
const { availableParallelism } = require('node:os');
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');

process.env.UV_THREADPOOL_SIZE ||= String(Math.max(4, availableParallelism() + 2));

const root = join(__dirname, '..');
const main = join(root, 'dist', 'src', 'cli', 'main.js');

if (existsSync(main)) {
  import(pathToFileURL(main)).then(async (cli) => {
    process.exitCode = await cli.main(process.argv.slice(2));
  });
} else {
  const command = existsSync(join(root, 'tsconfig.build.json'))
    ? 'npm run setup'
    : 'npm install sam-finetune';
  console.error(`error: sam-finetune is not built: ${main} is missing. Run \`${command}\` in ${root}.`);
  process.exitCode = 1;
}
