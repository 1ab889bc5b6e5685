import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type EfficientNetName, efficientnet } from '../../models/efficientnet.js';
import { EFFICIENTNETS_V2, type EfficientNetV2Name, efficientnetV2 } from '../../models/efficientnet-v2.js';
import { mobilenetV2 } from '../../models/mobilenet-v2.js';
import { MOBILENETS_V3, type MobileNetV3Name, mobilenetV3 } from '../../models/mobilenet-v3.js';
import type { FunctionalTopology } from '../../models/topology.js';
import { buildForward } from '../../src/model/forward.js';

/** `[layers, digest]` by class of layers. */
type Digests = Record<string, [number, string]>;

/** Written by keras-layers.py. */
const { networks } = JSON.parse(readFileSync(new URL('keras-layers.json', import.meta.url), 'utf8')) as {
  keras: string;
  networks: Record<string, Digests>;
};

/** The network of a row: its name, and behind a space its width. */
function build(row: string): FunctionalTopology {
  const [name, width] = row.split(' ') as [string, string?];
  const options = width === undefined ? {} : { width: Number(width) };
  if (name in EFFICIENTNETS_V2) return efficientnetV2(name as EfficientNetV2Name);
  if (name in MOBILENETS_V3) return mobilenetV3(name as MobileNetV3Name, options);
  return name === 'mobilenet-v2' ? mobilenetV2(options) : efficientnet(name as EfficientNetName);
}

/** As keras-layers.py says. */
function digests(topology: FunctionalTopology): Digests {
  const shapes = new Map<string, (readonly number[])[]>();
  for (const { name, shape } of buildForward(topology, { training: false }).weights) {
    const layer = name.slice(0, name.lastIndexOf('/'));
    shapes.set(layer, [...(shapes.get(layer) ?? []), shape]);
  }
  const lines = new Map<string, string[]>();
  for (const { class_name: kind, name } of topology.config.layers) {
    const weights = shapes.get(name);
    if (weights === undefined || kind === 'Normalization') continue;
    lines.set(kind, [...(lines.get(kind) ?? []), `${name} ${JSON.stringify(weights)}\n`]);
  }
  const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16);
  return Object.fromEntries(
    [...lines].map(([kind, ofKind]) => [kind, [ofKind.length, digest(ofKind.join(''))]]),
  );
}

describe('layers with weights, in the order of keras.applications', () => {
  test.each(Object.keys(networks))('%s', (row) => {
    expect(digests(build(row))).toEqual(networks[row]);
  });

  test('another padding changes nothing about them', () => {
    expect(digests(mobilenetV3('mobilenet-v3-small', { padding: 'symmetric', epsilon: 1e-5 }))).toEqual(
      networks['mobilenet-v3-small 1'],
    );
    expect(digests(efficientnetV2('efficientnet-v2-b0', { padding: 'symmetric' }))).toEqual(
      networks['efficientnet-v2-b0'],
    );
  });
});
