import { wholeNumber } from '../options/numbers.ts';
import type { OptionTable, Values } from '../options/option.ts';
import type { Alternatives } from '../options/raw-options.ts';
import { runOptions } from '../options/run-options.ts';
import { text, toggle } from '../options/words.ts';
import { trainOptions } from '../train/options.ts';

const { dataset, hidden, activation, init, dropout, spec, loss, optimizer, lr, batch, seed } = trainOptions;

/** The workload as `train` takes it, and how it is measured. */
export const scaleOptions = {
  dataset: { ...dataset, describe: `${dataset.describe} (default: mnist)` },
  ...{ hidden, activation, init, dropout, spec, loss, optimizer, lr, batch, seed },
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

export const scaleAlternatives: Alternatives = [[['spec'], ['hidden', 'activation', 'init', 'dropout']]];
