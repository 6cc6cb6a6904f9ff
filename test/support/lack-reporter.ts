import type { TestCase, TestModule, Vitest } from 'vitest/node';
import type { Lack } from './lack.ts';

/**
 * Prints the last lines of a test run: skipped tests, what they need, and how to get it. With CI=true a skipped test is
 * a failure, unless nothing that can be installed would help.
 */
export class LackReporter {
  private readonly isQuick: boolean;
  private vitest: Vitest | undefined;

  constructor(isQuick: boolean) {
    this.isQuick = isQuick;
  }

  onInit(vitest: Vitest): void {
    this.vitest = vitest;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const skipped = modules.flatMap((module) => [...module.children.allTests('skipped')]);
    const reports = new Map<string, { lack: Lack; tests: number }>();
    // `vitest -t` skips all tests with other names.
    const isFiltered = this.vitest?.config.testNamePattern !== undefined;
    for (const test of skipped) {
      for (const lack of lacksOf(test, isFiltered)) {
        const { tests = 0 } = reports.get(lack.what) ?? {};
        reports.set(lack.what, { lack, tests: tests + 1 });
      }
    }
    const lines = [...reports.values()].map(({ lack, tests }) => lineOf(lack, tests));
    if (this.isQuick && !isFiltered) lines.push(QUICK);
    for (const line of lines) console.log(line);
    if (process.env.CI && [...reports.values()].some(({ lack }) => lack.install !== null)) {
      console.log('CI is set, where a skipped test is a failure.');
      process.exitCode = 1;
    }
  }
}

const QUICK = 'These were few random cases. Every test with the counts of docs/reliability.md: npm run test:all';

function lacksOf(test: TestCase, isFiltered: boolean): readonly Lack[] {
  const { lacks } = test.meta();
  if (lacks !== undefined) return lacks;
  // Tests are also skipped after a failing hook.
  if (isFiltered || test.options.mode !== 'skip') return [];
  return [{ what: 'something they do not name', why: test.fullName, install: 'see `needs` in test/support/needs.ts' }];
}

function lineOf({ what, why, install }: Lack, tests: number): string {
  const count = tests === 1 ? '1 test that needs' : `${tests} tests that need`;
  const advice = install === null ? '' : ` To run ${tests === 1 ? 'it' : 'them'}: ${install}.`;
  return `Skipped ${count} ${what}: ${why.split(', expected')[0]}.${advice}`;
}
