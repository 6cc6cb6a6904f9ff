import type { TestCase, TestModule, Vitest } from 'vitest/node';
import type { Lack } from './lack.ts';

/**
 * The last lines of a run: which tests were skipped, for want of what, and what to install. With CI=true a skipped test is a
 * failure, unless nothing that is installed would help.
 */
export class LackReporter {
  private vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.vitest = vitest;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const skipped = modules.flatMap((module) => [...module.children.allTests('skipped')]);
    const reports = new Map<string, { lack: Lack; tests: number }>();
    // `vitest -t` skips all tests of other names.
    const isFiltered = this.vitest?.config.testNamePattern !== undefined;
    for (const test of skipped) {
      for (const lack of lacksOf(test, isFiltered)) {
        const { tests = 0 } = reports.get(lack.what) ?? {};
        reports.set(lack.what, { lack, tests: tests + 1 });
      }
    }
    const lines = [...reports.values()].map(({ lack, tests }) => lineOf(lack, tests));
    if (process.env.GRADLOOM_TEST_ALL !== '1' && !isFiltered) lines.push(QUICK);
    for (const line of lines) console.log(line);
    if (process.env.CI && [...reports.values()].some(({ lack }) => lack.install !== null)) {
      console.log('CI is set, where a skipped test is a failure.');
      process.exitCode = 1;
    }
  }
}

const QUICK = 'This was the quick run. npm run test:all goes through all cases of docs/reliability.md.';

function lacksOf(test: TestCase, isFiltered: boolean): readonly Lack[] {
  const { lacks } = test.meta();
  if (lacks !== undefined) return lacks;
  // Tests are skipped, too, behind a hook that fails.
  if (isFiltered || test.options.mode !== 'skip') return [];
  return [{ what: 'what they do not say', why: test.fullName, install: 'see `needs` in test/support/needs.ts' }];
}

function lineOf({ what, why, install }: Lack, tests: number): string {
  const count = tests === 1 ? '1 test was' : `${tests} tests were`;
  return `${count} skipped for want of ${what} (${why})${install === null ? '' : `. To run them: ${install}`}`;
}
