import type { Json } from '../../../models/topology.js';

type Config = Readonly<Record<string, Json | undefined>>;

/** The weights of a layer in the order of Keras, by class; `has` tells which optional ones it has. */
const ROLES: Readonly<Record<string, (has: (setting: string) => boolean) => string[]>> = {
  Conv1D: (has) => ['kernel', ...(has('use_bias') ? ['bias'] : [])],
  Conv2D: (has) => ['kernel', ...(has('use_bias') ? ['bias'] : [])],
  Conv2DTranspose: (has) => ['kernel', ...(has('use_bias') ? ['bias'] : [])],
  Dense: (has) => ['kernel', ...(has('use_bias') ? ['bias'] : [])],
  DepthwiseConv2D: (has) => ['depthwise_kernel', ...(has('use_bias') ? ['bias'] : [])],
  SeparableConv2D: (has) => ['depthwise_kernel', 'pointwise_kernel', ...(has('use_bias') ? ['bias'] : [])],
  BatchNormalization: (has) => [
    ...(has('scale') ? ['gamma'] : []),
    ...(has('center') ? ['beta'] : []),
    'moving_mean',
    'moving_variance',
  ],
  LayerNormalization: (has) => [...(has('scale') ? ['gamma'] : []), ...(has('center') ? ['beta'] : [])],
  Normalization: () => ['mean', 'variance', 'count'],
  PReLU: () => ['alpha'],
};

/** The weights of a layer in the order in which Keras keeps them; undefined for a class without any, or not known. */
export function weightRoles(className: string, config: Config): string[] | undefined {
  if (className === 'Normalization' && config.mean != null) return [];
  return ROLES[className]?.((setting) => config[setting] !== false);
}

/**
 * The same for a layer of which only the group's name (`conv2d_3`) and the number of its weights are known. Where a
 * batch normalization has three, they are those of one without gamma, as keras.applications makes them.
 */
export function weightRolesOfGroup(group: string, count: number): string[] | undefined {
  const key = group.replace(/_\d+$/, '');
  const className = Object.keys(ROLES).find((name) => snakeCase(name) === key);
  if (className === undefined) return undefined;
  const settings = ['scale', 'center', 'use_bias'];
  const without = [[], ['scale'], ['use_bias'], ['scale', 'center']];
  for (const off of without) {
    const config = Object.fromEntries(settings.map((setting) => [setting, !off.includes(setting)]));
    const roles = weightRoles(className, config) as string[];
    if (roles.length === count) return roles;
  }
  return undefined;
}

/** A role as the project says it. Keras 3 calls a depthwise kernel a kernel; Keras 1 had names of its own. */
export function ownRole(role: string, className?: string): string {
  if (role === 'kernel' && className === 'DepthwiseConv2D') return 'depthwise_kernel';
  return KERAS_1[role] ?? role;
}

const KERAS_1: Readonly<Record<string, string>> = {
  W: 'kernel',
  b: 'bias',
  running_mean: 'moving_mean',
  // Named so, and a variance all the same.
  running_std: 'moving_variance',
};

/** `DepthwiseConv2D` as `depthwise_conv2d`: the names of groups in files of Keras 3. */
export function snakeCase(className: string): string {
  return className
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
