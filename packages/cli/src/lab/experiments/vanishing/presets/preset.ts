import type { LossSpec } from '@gradloom/core';
import { type Dataset, loadMnist } from '@gradloom/runtime';
import type { Range } from '../../../../options/ranges.ts';
import { type ExperimentContext, type Outcome, type Section, withPool } from '../../experiment.ts';
import type { Finding } from '../../finding.ts';
import { firstRows } from '../../remedies/small-set.ts';
import type { RunContext } from '../deep-run.ts';

/** Published figures, measured again from a number of starts. */
export interface Preset {
  readonly seeds: Range; // the default seeds
  readonly run: (seeds: readonly number[], context: ExperimentContext, long?: boolean) => Promise<Outcome>;
}

/** Data, threads and seeds for measuring a preset. */
export interface PresetContext {
  readonly train: Dataset; // the first rows of MNIST's training set
  readonly seeds: readonly number[];
  readonly long: boolean; // include measurements that take minutes
  readonly showProgress: (text: string) => void;
  /** Data and loss of runs on the threads of the preset; by default all training rows. */
  runContext(loss: LossSpec, data?: RunContext['data']): RunContext;
}

export interface PresetOutcome {
  readonly sections: readonly Section[];
  readonly findings: readonly Finding[];
  readonly json: Readonly<Record<string, unknown>>; // in addition to its name and seeds
}

/** The steps of every preset: opens `rows` rows of MNIST and threads, measures, closes, and shows the results. */
export const definePreset = <Figures>(
  name: string,
  {
    rows,
    seeds,
    measure,
    show,
  }: {
    readonly rows: number;
    readonly seeds: Range;
    measure(context: PresetContext): Promise<Figures>;
    show(figures: Figures, seeds: readonly number[]): PresetOutcome;
  },
): Preset => ({
  seeds,
  async run(runSeeds, { machine, showProgress }, long = false) {
    showProgress('opening the dataset');
    const { train: digits } = await loadMnist(import.meta.url);
    const train = firstRows(digits, rows);
    return withPool(machine.threads, async (pool) => {
      const runContext: PresetContext['runContext'] = (loss, data = { train }) => ({ data, loss, machine, pool });
      const { json, ...outcome } = show(
        await measure({ train, seeds: runSeeds, long, showProgress, runContext }),
        runSeeds,
      );
      return { ...outcome, json: { preset: name, seeds: runSeeds, ...json } };
    });
  },
});
