import { Graph } from './graph.js';
import { bufferBytes, library } from './library.js';
import { fields } from './proto.js';
import { Session } from './session.js';
import { Tensor } from './tensor.js';

const SERVE = 'serve';

/** One input and one output of a signature, as outputs of the graph. */
interface Endpoints {
  input: string;
  output: string;
}

/**
 * A SavedModel as TensorFlow's own loader opens it, with its variables: for checking one that was written. It takes float32
 * and gives float32.
 */
export class SavedModel {
  private constructor(
    private readonly graph: Graph,
    private readonly session: Session,
    private readonly endpoints: Endpoints,
  ) {}

  /**
   * Loads the graph that is tagged `serve`.
   *
   * @param signature name of one with one input and one output
   * @throws TensorFlowError for a folder that TensorFlow cannot load
   */
  static async load(folder: string, signature: string): Promise<SavedModel> {
    const { c } = library();
    const graph = new Graph();
    const metaGraph = c.TF_NewBuffer();
    let session: Session | undefined;
    try {
      // A frozen graph is as long as its weights: rewriting it would make copies.
      session = new Session(graph, { grappler: false }, (pointer, options, status) =>
        c.TF_LoadSessionFromSavedModel(options, null, folder, [SERVE], 1, pointer, metaGraph, status),
      );
      return new SavedModel(graph, session, endpointsOf(bufferBytes(metaGraph), signature));
    } catch (error) {
      await session?.close();
      graph.dispose();
      throw error;
    } finally {
      c.TF_DeleteBuffer(metaGraph);
    }
  }

  /** What the signature gives for `data` of `shape`. */
  async run(data: Float32Array, shape: readonly number[]): Promise<Float32Array> {
    const images = Tensor.from('float32', data as Float32Array<ArrayBuffer>, shape);
    try {
      const [result] = await this.session.run([[this.endpoints.input, images]], [this.endpoints.output]);
      try {
        return Float32Array.from(result!.data as Float32Array);
      } finally {
        result!.dispose();
      }
    } finally {
      images.dispose();
    }
  }

  async close(): Promise<void> {
    await this.session.close();
    this.graph.dispose();
  }
}

/** Finds a signature in a MetaGraphDef: its fields 5, by name, with inputs (1) and outputs (2) by name. */
function endpointsOf(metaGraph: Uint8Array, wanted: string): Endpoints {
  for (const entry of fields(metaGraph, 5)) {
    const [name] = fields(entry, 1);
    if (Buffer.from(name!).toString() !== wanted) continue;
    const [signature] = fields(entry, 2);
    const node = (field: number) => {
      const [endpoint] = fields(signature!, field);
      const [info] = fields(endpoint!, 2);
      const [output] = fields(info!, 1);
      return Buffer.from(output!).toString();
    };
    return { input: node(1), output: node(2) };
  }
  throw new Error(`The SavedModel has no signature '${wanted}'.`);
}
