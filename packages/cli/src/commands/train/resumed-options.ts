import { isDeepStrictEqual } from 'node:util';
import { show } from '@gradloom/core/internal';
import { entriesToRaw, type ForeignEntry } from '../../options/config-file.ts';
import { formatValue } from '../../options/member.ts';
import { mergeRaw, parseRaw, type RawOptions } from '../../options/raw-options.ts';
import { isRecord } from '../../options/read-object.ts';
import { refuseIdleLibrary } from '../../options/run-options.ts';
import { camelCase } from '../../options/words.ts';
import { UsageError } from '../../terminal/failure.ts';
import { configOf } from './describe-flags.ts';
import { optimizerFlags } from './optimizer-flags.ts';
import { type TrainValues, trainAlternatives, trainOptions } from './options.ts';
import type { Resumable } from './resumable.ts';

/** Options that change no bit of the remaining steps, or that the resume compares itself. */
const FREE = new Set([
  ...[
    'threads',
    'memory-limit',
    'retries',
    'out',
    'no-out',
    'quiet',
    'json',
    'verbose',
    'resume',
    'checkpoint-every',
    'keep',
  ],
  ...['cluster', 'no-overlap', 'exchange-timeout'],
  ...['epochs', 'steps', 'dataset', 'spec', 'backend', 'blas', 'profile', 'module', 'no-gradient-check'],
]);

/** Whether an option is fixed from the start of a run to its end. */
export const isOwnOption = (name: string): boolean => !FREE.has(name) && !RESOLVED.has(name);

/** Options with defaults of the library; the record of the checkpoint has their values. */
const RESOLVED = new Set(['evaluate-every', 'batch']);

/** The options of a resumed run. */
export interface ResumedOptions {
  readonly given: RawOptions;
  readonly warnings: readonly string[]; // ignored options in its files, which no file may set
}

/**
 * The options of the run, and the typed flags that may differ from them.
 * @throws UsageError naming every flag that would make it another run.
 */
export function resumedOptions(typed: RawOptions, { options, folder }: Resumable, path: string): ResumedOptions {
  const values = parseRaw(trainOptions, typed, trainAlternatives);
  if (folder === null && values.out === undefined && values['no-out'] === undefined) {
    throw new UsageError(
      `--resume has ${path}, a file, expected --out or --no-out with it (the run of the file may have gone further)`,
    );
  }
  const { stored, own, foreign } = ownOptions(options, path);
  const found = changes(values, own);
  if (found.length > 0) throw new UsageError(`${found.join('; ')}: --resume continues the same run`);
  const free = Object.fromEntries(Object.entries(typed).filter(([key]) => FREE.has(key)));
  const given = mergeRaw(free, stored, trainAlternatives);
  if (values.blas !== undefined) refuseIdleLibrary(given, parseRaw(trainOptions, given));
  return {
    given,
    warnings: foreign.map(({ name, value, why }) => `${name} has ${show(value)}, which is ignored (${why})`),
  };
}

/** @throws Error if the file of the run is faulty, which is not a usage error. */
function ownOptions(
  options: Resumable['options'],
  path: string,
): { stored: RawOptions; own: TrainValues; foreign: readonly ForeignEntry[] } {
  try {
    const { raw, foreign } = entriesToRaw(trainOptions, options, `--resume ${path}`, 'run');
    return { stored: raw, own: parseRaw(trainOptions, raw, trainAlternatives), foreign };
  } catch (error) {
    throw new Error(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** One sentence for each typed flag that differs from the run. */
function changes(typed: TrainValues, own: TrainValues): string[] {
  const config = configOf(own);
  return Object.entries(configOf(typed)).flatMap(([flag, value]) => {
    if (flag === 'dataset' ? isSameSource(value, config.dataset) : FREE.has(flag)) return [];
    const run = ownValue(config, flag);
    return agrees(value, run) ? [] : [`--${flag} has ${text(value)}, expected ${text(run)}`];
  });
}

/** Files may have been moved; their rows are compared later. */
const isSameSource = (typed: unknown, own: unknown): boolean =>
  typed === own || (/[\\/]/.test(String(typed)) && /[\\/]/.test(String(own)));

/** Defaults of options that are not written unless given. */
const standard: Readonly<Record<string, unknown>> = { 'on-nan': 'stop', precision: 'float64' };

/** The run's value of a flag. Options of the optimizer, the schedule and the loss are stored inside these. */
function ownValue(config: Record<string, unknown>, flag: string): unknown {
  const { optimizer, schedule, loss } = config;
  if ((flag === 'lr' || flag in optimizerFlags) && isRecord(optimizer)) return optimizer[camelCase(flag)];
  if (flag === 'label-smoothing' && isRecord(loss)) return loss.labelSmoothing;
  if (flag === 'warmup-steps' && isRecord(schedule)) return schedule.warmupSteps;
  return config[flag] ?? standard[flag];
}

/** Whether a typed value agrees with the run's; of an optimizer, schedule or loss, only the typed options count. */
function agrees(typed: unknown, own: unknown): boolean {
  if (isRecord(typed)) return isRecord(own) && Object.entries(typed).every(([key, value]) => agrees(value, own[key]));
  return isDeepStrictEqual(typed, own);
}

const text = (value: unknown): string => (value === undefined ? 'none' : formatValue(value));
