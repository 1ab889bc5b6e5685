import type { Model } from '../model/index.js';

/** What is kept about how a model came about: the task, the accuracy reached, the recipe; JSON. */
export type ModelMetadata = Readonly<Record<string, unknown>>;

/** A format that models are exported to. */
export interface ExportFormat {
  /** One line: what opens it. */
  description: string;
  /** How the exported model is opened, for the user to copy. */
  usage(out: string): string;
  /**
   * Writes it, as a whole or not at all.
   *
   * @throws InputError where `out` holds anything that is not such a model
   */
  write(model: Model, options: { out: string; metadata: ModelMetadata }): Promise<void>;
}
