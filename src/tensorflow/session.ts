import type { BytesTensor } from './bytes-tensor.js';
import { encodeSessionConfig, type SessionConfig } from './config.js';
import type { Output } from './fragment.js';
import type { Graph } from './graph.js';
import { library, type NativeOutput, type Pointer, unlessAsked } from './library.js';
import { withStatus, withStatusAsync } from './status.js';
import { adopt, pointerOf, type Tensor } from './tensor.js';

/** A device that TensorFlow computes on. */
export interface Device {
  /** For example `/job:localhost/replica:0/task:0/device:CPU:0`. */
  name: string;
  /** `CPU` or `GPU`. */
  type: string;
  memoryBytes: number;
}

/** What a run is given: values for outputs, in pairs. The caller keeps the tensors. */
export type Feeds = readonly (readonly [Output, Tensor | BytesTensor])[];

/** @internal Makes a session: graph, options, status. */
export type OpenSession = (graph: Pointer, options: Pointer, status: Pointer) => Pointer;

const newSession: OpenSession = (graph, options, status) => library().c.TF_NewSession(graph, options, status);

let started = false;

/**
 * Runs a graph. Variables live in the session: two sessions over one graph hold two sets of them.
 * Runs happen on a thread of their own, so timers and I/O go on meanwhile; several may be under way at once.
 */
export class Session {
  readonly graph: Graph;
  #pointer: Pointer | undefined;
  #running = new Set<Promise<unknown>>();
  #outputs = new Map<Output, NativeOutput>();

  /**
   * @param config threads, devices, precision: see {@link SessionConfig}
   * @param open makes the session from its options; a new one of the graph, unless a saved one is loaded
   */
  constructor(graph: Graph, config: SessionConfig = {}, open: OpenSession = newSession) {
    const { c } = library();
    this.graph = graph;
    const proto = encodeSessionConfig(config);
    const options: Pointer = c.TF_NewSessionOptions();
    try {
      withStatus('read the session configuration', (status) =>
        c.TF_SetConfig(options, proto, proto.length, status),
      );
      const start = () => withStatus('start a session', (status) => open(graph.pointer, options, status));
      // The first session of a process starts the devices, which TensorFlow reports at length.
      this.#pointer = started ? start() : unlessAsked(start);
      started = true;
    } finally {
      c.TF_DeleteSessionOptions(options);
    }
  }

  get #open(): Pointer {
    if (this.#pointer === undefined) throw new Error('This session was already closed.');
    return this.#pointer;
  }

  #resolve(output: Output): NativeOutput {
    let found = this.#outputs.get(output);
    if (!found) {
      found = this.graph.resolve(output);
      this.#outputs.set(output, found);
    }
    return found;
  }

  /**
   * One run of the part of the graph that `fetches` and `targets` need.
   *
   * @param feeds values for placeholders (or for any other output)
   * @param fetches outputs to bring back
   * @param targets nodes to run for their effect
   * @returns one tensor for each of `fetches`, owned by the caller
   * @throws TensorFlowError; nothing is left allocated then
   */
  async run(feeds: Feeds, fetches: readonly Output[], targets: readonly string[] = []): Promise<Tensor[]> {
    const { c } = library();
    const session = this.#open;
    // TensorFlow refuses a run that asks for nothing; an optimizer without slots has no variables to start or read.
    if (fetches.length === 0 && targets.length === 0) return [];
    const inputs = feeds.map(([output]) => this.#resolve(output));
    const values = feeds.map(([, tensor]) => pointerOf(tensor));
    const outputs = fetches.map((output) => this.#resolve(output));
    const operations = targets.map((node) => this.graph.operation(node));
    const results: (Pointer | null)[] = fetches.map(() => null);
    const running = withStatusAsync(
      'run the graph',
      (status) =>
        new Promise<void>((resolve, reject) => {
          c.TF_SessionRun.async(
            session,
            null,
            inputs,
            values,
            values.length,
            outputs,
            results,
            outputs.length,
            operations,
            operations.length,
            null,
            status,
            (error) => (error ? reject(error) : resolve()),
          );
        }),
    );
    this.#running.add(running);
    try {
      await running;
    } catch (error) {
      for (const result of results) if (result) c.TF_DeleteTensor(result);
      throw error;
    } finally {
      this.#running.delete(running);
    }
    return results.map((result) => adopt(result!));
  }

  /** As {@link run}, for scalar outputs: their values, with nothing left to dispose of. */
  async scalars<K extends string>(
    feeds: Feeds,
    fetches: Readonly<Record<K, Output>>,
  ): Promise<Record<K, number>> {
    const names = Object.keys(fetches) as K[];
    const tensors = await this.run(
      feeds,
      names.map((name) => fetches[name]),
    );
    try {
      return Object.fromEntries(names.map((name, i) => [name, tensors[i]!.item()])) as Record<K, number>;
    } finally {
      for (const tensor of tensors) tensor.dispose();
    }
  }

  /** The devices that this session may use. */
  devices(): Device[] {
    const { c } = library();
    const list: Pointer = withStatus('list devices', (status) => c.TF_SessionListDevices(this.#open, status));
    try {
      return Array.from({ length: c.TF_DeviceListCount(list) }, (_, i) =>
        withStatus('describe a device', (status) => ({
          name: c.TF_DeviceListName(list, i, status) as string,
          type: c.TF_DeviceListType(list, i, status) as string,
          memoryBytes: Number(c.TF_DeviceListMemoryBytes(list, i, status)),
        })),
      );
    } finally {
      c.TF_DeleteDeviceList(list);
    }
  }

  /** Waits for runs under way, then frees the session and its variables. Calling it again does nothing. */
  async close(): Promise<void> {
    if (this.#pointer === undefined) return;
    const { c } = library();
    const pointer = this.#pointer;
    this.#pointer = undefined;
    await Promise.allSettled(this.#running);
    try {
      withStatus('close the session', (status) => c.TF_CloseSession(pointer, status));
    } finally {
      withStatus('delete the session', (status) => c.TF_DeleteSession(pointer, status));
    }
  }
}
