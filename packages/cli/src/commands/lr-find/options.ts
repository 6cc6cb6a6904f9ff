import { option } from '@gradloom/core/internal';
import type { OptionTable, Values } from '../../options/option.ts';
import { outOption, verbose } from '../../options/run-options.ts';
import { trainAlternatives, trainOptions } from '../train/options.ts';

/** The options of train that describe data, network and one step; the sweep sets the rate and the length. */
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

export const lrFindOptions = {
  ...workload,
  from: { group: 'Training', ...option.positive(1e-7, 'learning rate of the first step') },
  to: { group: 'Training', ...option.positive(10, 'learning rate of the last step') },
  steps: { group: 'Training', ...option.wholeNumber(10)(300, 'steps of the sweep') },
  out: outOption('the full numbers (lr-find.json) and the page (report.html)'),
  json: { group: 'Output', ...option.flag(undefined, 'print one JSON document') },
  verbose,
} satisfies OptionTable;

export type LrFindValues = Values<typeof lrFindOptions>;

export const lrFindAlternatives = trainAlternatives.filter(([keys]) => keys.every((key) => key in lrFindOptions));
