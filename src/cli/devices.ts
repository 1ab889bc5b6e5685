import { totalmem } from 'node:os';
import { type Device, listDevices as listed, type SessionConfig } from '../tensorflow/index.js';

/**
 * The devices that TensorFlow computes on, with their memory.
 *
 * @param config the first session of a process decides for all how many threads an operation has
 */
export async function listDevices(config: SessionConfig = {}): Promise<Device[]> {
  return (await listed(config)).map((device) => (device.type === 'CPU' ? withMemory(device) : device));
}

/** TensorFlow gives CPUs a made-up size: what the machine, or the container, has is told instead. */
function withMemory(device: Device): Device {
  const limit = process.constrainedMemory();
  return { ...device, memoryBytes: limit > 0 ? Math.min(totalmem(), limit) : totalmem() };
}

/** `/job:localhost/replica:0/task:0/device:GPU:0` as `GPU:0`. */
export const shortName = ({ name }: Device): string => name.slice(name.indexOf('device:') + 'device:'.length);
