import { wholeNumber } from '../options/numbers.ts';
import type { OptionTable, Values } from '../options/option.ts';
import type { Alternatives } from '../options/raw-options.ts';
import { runOptions } from '../options/run-options.ts';
import { text, toggle } from '../options/words.ts';
import { trainOptions } from '../train/options.ts';

const { dataset, hidden, activation, init, dropout, spec, loss, optimizer, lr, batch, seed } = trainOptions;

/** The workload as `train` takes it, and how it is measured. */
export const scaleOptions = {
  dataset: { ...dataset, describe: `${dataset.describe} (mnist)` },
  ...{ hidden, activation, init, dropout, spec, loss, optimizer, lr, batch, seed },
  'max-threads': { group: 'Run', ...wholeNumber(1), describe: 'most threads to try (twice the cores)' },
  rounds: { group: 'Run', ...wholeNumber(1), describe: 'runs of each number of threads, in turns (5)' },
  steps: {
    group: 'Run',
    ...wholeNumber(1),
    describe: 'steps of each run (as many as the fastest number of threads does in 1 s, or one thread in 4 s)',
  },
  'memory-limit': runOptions['memory-limit'],
  backend: runOptions.backend,
  blas: runOptions.blas,
  out: { group: 'Output', ...text('a directory'), describe: 'directory for the full numbers, as scale.json' },
  json: { group: 'Output', ...toggle, describe: 'print one JSON document' },
  verbose: { group: 'Output', ...toggle, describe: 'print the stack trace of an error' },
} satisfies OptionTable;

export type ScaleValues = Values<typeof scaleOptions>;

export const scaleAlternatives: Alternatives = [[['spec'], ['hidden', 'activation', 'init', 'dropout']]];
