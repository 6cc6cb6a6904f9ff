import type { SuiteOptions } from './options.ts';
import { compareRows, comparisonLines, type RatioColumn } from './peers/guard.ts';
import { machineOf, type Row, readRecorded, writeRecorded } from './peers/results.ts';

/**
 * Prints a suite's rows, and ratios that have become worse than the recorded ones (times of different runs are not
 * comparable). Records the rows if they are complete.
 */
export function endSuite(
  name: string,
  rows: readonly Row[],
  { isWhole, record }: SuiteOptions,
  ratio?: RatioColumn,
): void {
  console.table(rows);
  const machine = machineOf();
  const { suites = {} } = readRecorded(machine);
  if (ratio !== undefined) {
    for (const line of comparisonLines(compareRows(suites[name]?.rows ?? [], rows, ratio))) console.log(line);
  }
  if (!record) console.log('Not recorded: --no-record was given.');
  else if (!isWhole) console.log('Not recorded: with these options it is not the whole suite.');
  else {
    const date = new Date().toISOString().slice(0, 10);
    console.log(`Recorded in ${writeRecorded(machine, { suites: { ...suites, [name]: { date, rows } } })}`);
  }
}
