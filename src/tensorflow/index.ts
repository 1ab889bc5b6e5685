/** The engine: TensorFlow's C API. The only room that knows a pointer. */
export { BytesTensor } from './bytes-tensor.js';
export { PRECISIONS, type Precision, type SessionConfig } from './config.js';
export { Fragment, type Output } from './fragment.js';
export { type FragmentNode, nodesOf } from './fragment-nodes.js';
export { Graph } from './graph.js';
export { hasGpu } from './has-gpu.js';
export { tensorflowVersion } from './library.js';
export { listDevices } from './list-devices.js';
export { areLoneImagesSlow } from './lone-images.js';
export { type Attributes, attr } from './proto.js';
export { type Border, sameBorder } from './same-border.js';
export { SavedModel } from './saved-model.js';
export { type Device, type Feeds, Session } from './session.js';
export { TensorFlowError } from './status.js';
export { Tensor } from './tensor.js';
export { trimMemory } from './trim.js';
export { type DataType, type NumericType, sizeOf, type TypedArrayOf } from './types.js';
