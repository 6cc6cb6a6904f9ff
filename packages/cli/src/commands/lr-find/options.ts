import { positive, wholeNumber } from '../../options/numbers.ts';
import type { OptionTable, Values } from '../../options/option.ts';
import { text, toggle } from '../../options/words.ts';
import { trainAlternatives, trainOptions } from '../train/options.ts';

/** Of train, what describes the data, the network and one step; the rate and the length of the run are the sweep's. */
const {
  folds: _folds,
  fold: _fold,
  lr: _lr,
  schedule: _schedule,
  'warmup-steps': _warmup,
  'on-nan': _onNan,
  epochs: _epochs,
  steps: _steps,
  'evaluate-every': _evaluateEvery,
  patience: _patience,
  'min-delta': _minDelta,
  monitor: _monitor,
  'evaluate-test': _evaluateTest,
  probe: _probe,
  profile: _profile,
  retries: _retries,
  cluster: _cluster,
  'no-overlap': _noOverlap,
  'exchange-timeout': _exchangeTimeout,
  'checkpoint-every': _checkpointEvery,
  keep: _keep,
  resume: _resume,
  out: _out,
  'no-out': _noOut,
  config: _config,
  quiet: _quiet,
  json: _json,
  verbose: _verbose,
  ...workload
} = trainOptions;

export const DEFAULTS = { from: 1e-7, to: 10, steps: 300 };

export const lrFindOptions = {
  ...workload,
  from: { group: 'Training', ...positive, describe: `learning rate of the first step (default: ${DEFAULTS.from})` },
  to: { group: 'Training', ...positive, describe: `learning rate of the last step (default: ${DEFAULTS.to})` },
  steps: { group: 'Training', ...wholeNumber(10), describe: `steps of the sweep (default: ${DEFAULTS.steps})` },
  out: {
    group: 'Output',
    ...text('a directory'),
    describe: 'directory to write the full numbers (lr-find.json) and the page (report.html) to',
  },
  json: { group: 'Output', ...toggle, describe: 'print one JSON document' },
  verbose: { group: 'Output', ...toggle, describe: 'print the stack trace of an error' },
} satisfies OptionTable;

export type LrFindValues = Values<typeof lrFindOptions>;

export const lrFindAlternatives = trainAlternatives.filter(([keys]) => keys.every((key) => key in lrFindOptions));
