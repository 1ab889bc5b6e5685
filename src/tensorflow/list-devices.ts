import type { SessionConfig } from './config.js';
import { Graph } from './graph.js';
import { type Device, Session } from './session.js';

/**
 * The devices that TensorFlow computes on.
 *
 * @param config the first session of a process decides for all how many threads an operation has
 */
export async function listDevices(config: SessionConfig = {}): Promise<Device[]> {
  const graph = new Graph();
  try {
    const session = new Session(graph, config);
    try {
      return session.devices();
    } finally {
      await session.close();
    }
  } finally {
    graph.dispose();
  }
}
