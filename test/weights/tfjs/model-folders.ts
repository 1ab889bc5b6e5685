import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../temporary-folder.js';

/** A chain as tfjs writes it: input 32 x 32, 16 features, an activation, 3 classes, an activation. */
export const chain = {
  class_name: 'Sequential',
  config: {
    name: 'chain',
    layers: [
      { class_name: 'Flatten', config: { name: 'flatten', batch_input_shape: [null, 32, 32, 3] } },
      { class_name: 'Dense', config: { name: 'hidden', units: 16 } },
      { class_name: 'Dense', config: { name: 'logits', units: 3 } },
      { class_name: 'Activation', config: { name: 'softmax', activation: 'softmax' } },
    ],
  },
};

/** Makes folders of layers models: `parts` of a `model.json` over a complete one without weights, and shards. */
export function modelFolders(): { model(parts: object, shards?: Record<string, Uint8Array>): string } {
  const folder = temporaryFolder();
  let count = 0;
  const model = (parts: object, shards: Record<string, Uint8Array> = {}): string => {
    count += 1;
    const path = join(folder.path, `model${count}`);
    mkdirSync(path);
    const complete = { format: 'layers-model', modelTopology: chain, weightsManifest: [], ...parts };
    writeFileSync(join(path, 'model.json'), JSON.stringify(complete));
    for (const [name, bytes] of Object.entries(shards)) writeFileSync(join(path, name), bytes);
    return path;
  };
  return { model };
}
