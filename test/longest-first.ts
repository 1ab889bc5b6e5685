import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take longer than others of their size. */
const LONG = /\/(end-to-end\/pipelines|parity\/(exports|graph-model|keras\/keras))\.test\.ts$/;

/**
 * Begins with what takes long, as the end of a run would wait for it alone, and leaves the files that share processes for
 * the end: a process is given up where a file of the other kind comes next.
 */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => placeOf(a) - placeOf(b));
  }
}

function placeOf({ moduleId, project }: TestSpecification): number {
  if (LONG.test(moduleId)) return 0;
  return project.config.isolate ? 1 : 2;
}
