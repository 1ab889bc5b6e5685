import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node';

/** Closes the run with one line, `N passed, N failed, N skipped`, and names what was skipped. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const inState = (state: string) => tests.filter((test) => test.result().state === state);
    const broken = modules.filter((module) => module.errors().length > 0).length;
    const failed = inState('failed').length + broken + errors.length;
    for (const line of skipNames(inState('skipped'))) console.log(`skipped: ${line}`);
    console.log(`${inState('passed').length} passed, ${failed} failed, ${inState('skipped').length} skipped`);
  }
}

/** The names of skipped tests; a suite that was skipped as a whole is one line. */
function skipNames(tests: readonly TestCase[]): Set<string> {
  const isSkipped = (test: TestCase) => test.result().state === 'skipped';
  return new Set(
    tests.map((test) => {
      const suite = test.parent.type === 'suite' ? (test.parent as TestSuite) : undefined;
      const all = suite ? [...suite.children.allTests()] : [];
      const file = test.module.relativeModuleId;
      return suite && all.length > 1 && all.every(isSkipped)
        ? `${file} > ${suite.fullName} (${all.length} tests)`
        : `${file} > ${test.fullName}`;
    }),
  );
}
