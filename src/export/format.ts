import type { Model, Pixels } from '../model/index.js';

/** What is kept about how a model came about: the task, the accuracy reached, the recipe; JSON. */
export type ModelMetadata = Readonly<Record<string, unknown>>;

/** Types that weights are stored in to take less room. */
export const QUANTIZATIONS = ['float16', 'uint16', 'uint8'] as const;

export type Quantization = (typeof QUANTIZATIONS)[number];

/** A program that would open an exported model is not installed here, or cannot run it: no fault of the model. */
export class NotOpened extends Error {
  override readonly name = 'NotOpened';
}

/** An exported model, opened again in this process. The caller closes it. */
export interface OpenedModel {
  /** Which program it is, for messages. */
  program: string;
  /** How many weights are bit for bit those that were written, where these were compared: all of them. */
  sameWeights?: number;
  /**
   * What the model gives for images, `[batch, classes]`.
   *
   * @param images as it takes them: RGB in 0..255, or after the preprocessing where that was left out
   */
  run(images: Pixels & { data: Float32Array }): Promise<Float32Array>;
  close(): Promise<void> | void;
}

/** How a model is written. */
export interface WriteOptions {
  /** An empty folder, to be filled. */
  out: string;
  metadata: ModelMetadata;
  /** Only where the format has it among its {@link ExportFormat.quantizations}. */
  quantize?: Quantization | undefined;
  /** Weights as constants of the graph: only where the format says that it {@link ExportFormat.freezes}. */
  frozen?: boolean | undefined;
}

/** What an exported model was written from. */
export interface WrittenModel {
  model: Model;
  quantize?: Quantization | undefined;
}

/** A format that models are exported to. */
export interface ExportFormat {
  /** One line: what opens it. */
  description: string;
  /**
   * `weights`: the weights of a network that its reader builds by itself. Preprocessing and softmax are then not put inside,
   * and what `write` is given is the model as it was trained. @default 'model'
   */
  contents?: 'model' | 'weights';
  /** What its weights can be stored in besides float32. */
  quantizations: readonly Quantization[];
  /** Whether its weights can be constants of the graph instead of variables beside it. @default false */
  freezes?: boolean;
  /**
   * How the exported model is opened, for the user to copy.
   *
   * @param out its folder, as it is to be named
   */
  usage(out: string): string;
  /** Whether a file or folder of this name belongs to an exported model: it is replaced with the model. */
  isOwn(name: string): boolean;
  /**
   * Writes it.
   *
   * @param model as it is to be written: with its preprocessing and softmax among its own layers or operations where it is to
   *   have them; labels, image size, and the preprocessing that is left for its user go into the format's own place for metadata
   * @throws InputError for a model that the format cannot hold, with a format that can
   */
  write(model: Model, options: WriteOptions): Promise<void>;
  /**
   * Opens what was written in a program of its own, not by what wrote it. Where none runs in this process, it is read again and
   * compared with what it was written from.
   *
   * @param out the folder
   * @param written what `write` was given
   * @throws NotOpened where that program is not installed
   */
  open(out: string, written: WrittenModel): Promise<OpenedModel>;
}
