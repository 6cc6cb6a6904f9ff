import { show } from '@gradloom/core/internal';
import { numeric, wholeNumber } from '../../options/numbers.ts';
import type { Kind, OptionTable, Values } from '../../options/option.ts';
import type { Alternatives } from '../../options/raw-options.ts';
import { runOptions } from '../../options/run-options.ts';
import { keyOf, text, toggle } from '../../options/words.ts';
import { trainOptions } from '../train/options.ts';

const { dataset, hidden, activation, init, dropout, spec, precision, loss, optimizer, lr, batch, seed } = trainOptions;

/** As many as a pool may have threads. */
const MOST_CORES = 512;
const MOST_RANKS = 4096;

/** Numbers of `what`, '4,8,16', ascending and each once. */
const counts = (what: string, example: string, most: number): Kind<readonly number[]> => ({
  parse(name, raw) {
    const values = String(raw)
      .split(',')
      .map((part) => numeric(part.trim()));
    const isCount = (value: unknown): value is number =>
      Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= most;
    if (values.every(isCount)) return [...new Set(values)].sort((a, b) => a - b);
    throw new Error(`${name} has ${show(raw)}, expected numbers of ${what} such as ${example}, each from 1 to ${most}`);
  },
});

/** The workload as `train` takes it, and how it is measured. */
export const scaleOptions = {
  dataset: { ...dataset, describe: `${dataset.describe} (default: mnist)` },
  ...{ hidden, activation, init, dropout, spec, precision, loss, optimizer, lr, batch, seed },
  'max-threads': {
    group: 'Run',
    ...wholeNumber(1),
    describe: 'largest number of threads to try (default: twice the cores)',
  },
  rounds: {
    group: 'Run',
    ...wholeNumber(1),
    describe: 'measurements of each number of threads, in turns (default: 5)',
  },
  steps: {
    group: 'Run',
    ...wholeNumber(1),
    describe: 'steps per measurement (default: 1 s of the fastest number of threads, at most 4 s of one thread)',
  },
  'model-cores': {
    group: 'Run',
    ...counts('cores', '4,8,16,32,64', MOST_CORES),
    describe: 'predict the step time on so many cores, such as 4,8,16,32,64, from parts that are measured here',
  },
  ranks: {
    group: 'Run',
    ...counts('ranks', '1,2,4', MOST_RANKS),
    describe: 'measure so many ranks of MPI too, such as 1,2,4, which mpirun or srun starts',
  },
  cluster: {
    group: 'Run',
    ...keyOf({ mpi: true }),
    describe: 'measure the ranks that mpirun or srun has started, and nothing else: mpi',
  },
  'memory-limit': runOptions['memory-limit'],
  backend: runOptions.backend,
  blas: runOptions.blas,
  out: {
    group: 'Output',
    ...text('a directory'),
    describe: 'directory to write the full numbers (scale.json) and the page (report.html) to',
  },
  json: { group: 'Output', ...toggle, describe: 'print one JSON document' },
  verbose: { group: 'Output', ...toggle, describe: 'print the stack trace of an error' },
} satisfies OptionTable;

export type ScaleValues = Values<typeof scaleOptions>;

export const scaleAlternatives: Alternatives = [
  [['spec'], ['hidden', 'activation', 'init', 'dropout']],
  [['cluster'], ['ranks', 'model-cores']],
];
