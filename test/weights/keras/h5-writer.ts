import * as h5wasm from 'h5wasm/node';

/** A dataset, or a group of them: attributes are lists of strings, or one. */
export interface H5Group {
  attributes?: Record<string, string | string[]>;
  groups?: Record<string, H5Group>;
  datasets?: Record<string, Float32Array | [Float32Array, number[]] | Int32Array>;
}

/** Writes an HDF5 file, by the library that reads it. */
export async function writeH5(path: string, root: H5Group): Promise<string> {
  await h5wasm.ready;
  const file = new h5wasm.File(path, 'w');
  try {
    write(file, root);
  } finally {
    file.close();
  }
  return path;
}

function write(into: h5wasm.Group, { attributes = {}, groups = {}, datasets = {} }: H5Group): void {
  for (const [name, value] of Object.entries(attributes)) {
    // An empty list of names is one of numbers where numpy writes it.
    if (Array.isArray(value) && value.length === 0) into.create_attribute(name, new Float64Array(0), [0]);
    else if (Array.isArray(value)) into.create_attribute(name, value);
    else into.create_attribute(name, value, []);
  }
  for (const [name, value] of Object.entries(datasets)) {
    const [data, shape] = Array.isArray(value) ? value : [value, [value.length]];
    into.create_dataset({ name, data, shape });
  }
  for (const [name, group] of Object.entries(groups)) write(into.create_group(name), group);
}

/** The group of one layer in the old layout: its weights in their order, by names such as `conv/kernel:0`. */
export function layerGroup(weights: Record<string, Float32Array>): H5Group {
  const group: H5Group = { attributes: { weight_names: Object.keys(weights) }, groups: {} };
  for (const [name, data] of Object.entries(weights)) {
    const steps = name.split('/');
    const last = steps.pop() as string;
    let holder = group;
    for (const step of steps) {
      holder.groups ??= {};
      holder.groups[step] ??= {};
      holder = holder.groups[step];
    }
    holder.datasets = { ...holder.datasets, [last]: data };
  }
  return group;
}

/** A file of the old layout. */
export function layersFile(layers: Record<string, Record<string, Float32Array>>): H5Group {
  return {
    attributes: { layer_names: Object.keys(layers), keras_version: '2.15.0' },
    groups: Object.fromEntries(Object.entries(layers).map(([name, weights]) => [name, layerGroup(weights)])),
  };
}
