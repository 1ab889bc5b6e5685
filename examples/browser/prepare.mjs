// Puts together a folder that any static web server can serve: the page, tfjs, and an exported model.
//
//   node examples/browser/prepare.mjs MODEL_FOLDER [SITE_FOLDER]
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const PAGE = ['index.html', 'style.css', 'main.js', 'worker.js', 'pixels.js'];

try {
  const [model, site = join(here, 'site')] = process.argv.slice(2);
  if (model === undefined)
    fail('Expected the folder of an exported model. Give it: prepare.mjs MODEL_FOLDER.');
  prepare(resolve(model), resolve(site));
  const folder = relative(process.cwd(), resolve(site)) || '.';
  console.log(`${folder} is ready. Serve it with any web server, for example:
  python3 -m http.server --bind 127.0.0.1 --directory ${folder} 8000`);
} catch (error) {
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}

function prepare(model, site) {
  const files = filesOf(model);
  const tfjs = locateTfjs();
  const aside = `${site}.tmp-${process.pid}`;
  // What is replaced is a site of ours, or nothing: any other folder stays as it is.
  if (existsSync(site) && !existsSync(join(site, 'worker.js'))) {
    fail(`The folder ${site} would be replaced, and it is no site of this example. Name another.`);
  }
  rmSync(aside, { recursive: true, force: true });
  try {
    mkdirSync(join(aside, 'model'), { recursive: true });
    for (const file of PAGE) cpSync(join(here, file), join(aside, file));
    cpSync(tfjs, join(aside, 'tf.js'));
    for (const file of files) cpSync(join(model, file), join(aside, 'model', file));
    rmSync(site, { recursive: true, force: true });
    renameSync(aside, site);
  } catch (error) {
    rmSync(aside, { recursive: true, force: true });
    throw error;
  }
}

/** `model.json` and the shards that it names. */
function filesOf(model) {
  const path = join(model, 'model.json');
  if (!existsSync(path)) {
    fail(`There is no model.json in ${model}. Export a model first: sam-finetune export RUN --out ${model}.`);
  }
  const { weightsManifest, userDefinedMetadata } = JSON.parse(readFileSync(path, 'utf8'));
  if (!userDefinedMetadata?.samFinetune) {
    fail(
      `The model in ${model} does not say its labels and preprocessing. Export it with sam-finetune export.`,
    );
  }
  const shards = weightsManifest.flatMap(({ paths }) => paths);
  const foreign = shards.find((name) => name !== basename(name));
  if (foreign) fail(`The model in ${model} names a file outside its folder: ${foreign}. Export it again.`);
  return ['model.json', ...shards];
}

/** tfjs as one file, an ES module. */
function locateTfjs() {
  try {
    const manifest = createRequire(import.meta.url).resolve('@tensorflow/tfjs/package.json');
    return join(dirname(manifest), 'dist', 'tf.fesm.min.js');
  } catch {
    return fail('tfjs is not installed. Run: npm install @tensorflow/tfjs');
  }
}

function fail(message) {
  throw new Error(message);
}
