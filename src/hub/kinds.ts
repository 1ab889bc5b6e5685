import { datasetInfo, listFiles, modelInfo } from '@huggingface/hub';

/** A question about a revision, as the hub's library takes it. */
interface Question {
  name: string;
  revision: string;
  hubUrl: string;
  fetch: typeof fetch;
}

/** What a kind of repository differs in. */
interface Kind {
  /** What it is called. */
  title: string;
  /** The commit that a revision is, and the paths of all its files: as the hub says it, which may be nothing. */
  describe(question: Question): Promise<{ commit: unknown; files: unknown }>;
  /** Between the hub's address and the repository's name. */
  prefix: string;
  /** Folder of the project's cache for files that are put there by hand. */
  byHand: string;
  /** How files are named that lie elsewhere. */
  elsewhere: string;
}

/** The kinds of repositories that are read. */
export const KINDS = {
  model: {
    title: 'model',
    describe: async (question) => {
      const { sha, filePaths } = await modelInfo({ ...question, additionalFields: ['sha', 'filePaths'] });
      return { commit: sha, files: filePaths };
    },
    prefix: '',
    byHand: 'weights',
    elsewhere: 'or name a file at hand with --weights PATH',
  },
  dataset: {
    title: 'data set',
    // The library names the files of models only.
    describe: async (question) => {
      const { sha } = await datasetInfo({ ...question, additionalFields: ['sha'] });
      const repo = { type: 'dataset', name: question.name } as const;
      const files: string[] = [];
      for await (const { type, path } of listFiles({ ...question, repo, revision: sha, recursive: true }))
        if (type === 'file') files.push(path);
      return { commit: sha, files };
    },
    prefix: 'datasets/',
    byHand: 'data',
    elsewhere: 'or into any folder and name that with --task FOLDER',
  },
} as const satisfies Readonly<Record<string, Kind>>;

/** Name of a kind of repository, as the hub calls it. */
export type RepositoryType = keyof typeof KINDS;
