import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import type { TestCase, TestModule, TestSpecification } from 'vitest/node';

/** The file that holds the costs of the last test run. */
const record = 'test/costs.tsv';

/**
 * Says how long a run of many files will take. Records wall-clock and processor seconds of each file in
 * `test/costs.tsv`. At the end of a run, prints the ten slowest files, and every test that passed only on its second
 * try, with the error of the first.
 */
export class CostReporter {
  /** Says how long the run will take, from the costs that the last run of these files recorded. */
  onTestRunStart(specifications: readonly TestSpecification[]): void {
    if (specifications.length < FEW) return;
    const costs = new Map(existsSync(record) ? readFileSync(record, 'utf8').split('\n').map(costOf) : []);
    const known = specifications.flatMap(({ moduleId }) => costs.get(relative('', moduleId)) ?? []);
    const workers = Math.max(2, availableParallelism());
    const seconds = (known.reduce((sum, cost) => sum + cost, 0) * specifications.length) / known.length / workers;
    const files = `${specifications.length} files`;
    if (known.length < specifications.length / 2)
      console.log(`${files}: npm test takes about three minutes on 2 cores.`);
    else console.log(`${files}: about ${Math.ceil(seconds / 60)} min, by what they took last time.`);
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const rows = modules
      .map((module) => ({ module, ...(module.meta().cost ?? { wall: module.diagnostic().duration / 1000, cpu: NaN }) }))
      .sort((a, b) => b.wall - a.wall);
    const lines = rows.map(({ module, wall, cpu }) =>
      [module.project.name, wall.toFixed(2), cpu.toFixed(2), module.relativeModuleId].join('\t'),
    );
    writeFileSync(record, `${['kind\twall\tcpu\tfile', ...lines].join('\n')}\n`);
    if (rows.length > 10) {
      const sum = (key: 'wall' | 'cpu') => rows.reduce((total, row) => total + (row[key] || 0), 0).toFixed(0);
      console.log(
        `${rows.length} files took ${sum('wall')} s, ${sum('cpu')} s of processors. The dearest (${record} has all):`,
      );
      for (const line of lines.slice(0, 10)) console.log(`  ${line.replaceAll('\t', '  ')}`);
    }
    const retried = modules.flatMap((module) => [...module.children.allTests()].filter(isFlaky));
    if (retried.length > 0) console.log(`Passed on a second try only (${retried.length}):`);
    for (const test of retried) {
      console.log(`  ${test.module.relativeModuleId} > ${test.fullName}`);
      for (const { message } of test.result().errors ?? []) console.log(`    ${message.split('\n')[0]}`);
    }
  }
}

/** Fewer files than these are over soon. */
const FEW = 50;

/** The file of a line of costs, and its seconds. */
function costOf(line: string): [file: string, wall: number] {
  const [, wall, , file] = line.split('\t');
  return [file ?? '', Number(wall)];
}

const isFlaky = (test: TestCase): boolean => test.diagnostic()?.flaky === true;
