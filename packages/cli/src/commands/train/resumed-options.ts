import { isDeepStrictEqual } from 'node:util';
import { show } from '@gradloom/core/internal';
import { entriesToRaw, type ForeignEntry } from '../../options/config-file.ts';
import type { Effect } from '../../options/effects.ts';
import { camelCase } from '../../options/flags-of.ts';
import { formatValue } from '../../options/member.ts';
import { mergeRaw, parseRaw, type RawOptions } from '../../options/raw-options.ts';
import { isRecord } from '../../options/read-object.ts';
import { refuseIdleLibrary } from '../../options/run-options.ts';
import { UsageError } from '../../terminal/failure.ts';
import { configOf } from './describe-flags.ts';
import { optimizerFlags } from './optimizer-flags.ts';
import { type TrainValues, trainAlternatives, trainOptions } from './options.ts';
import type { Resumable } from './resumable.ts';

/** Options that change no bit of the remaining steps, or that the resume compares itself. */
const COMPARED = new Set(['epochs', 'steps', 'dataset', 'spec']);

/** Options that change no bit of the steps, but what a run shows from its start to its end. */
const FIXED = new Set(['stream', 'evaluate-test', 'probe']);

/** Effects of options that decide what is computed. */
const DECIDING: readonly Effect[] = ['result', 'naming', 'reading'];

/** Whether an option may differ from that of the run. */
const isFree = (name: string): boolean =>
  COMPARED.has(name) ||
  (Object.hasOwn(trainOptions, name) &&
    !FIXED.has(name) &&
    !DECIDING.includes(trainOptions[name as keyof TrainValues].effect));

/** Whether an option is fixed from the start of a run to its end. */
export const isFixedOption = (name: string): boolean => !isFree(name) && !RESOLVED.has(name);

/** Options with defaults of the library; the record of the checkpoint has their values. */
const RESOLVED = new Set(['evaluate-every', 'batch']);

/** The options of a resumed run. */
export interface ResumedOptions {
  readonly raw: RawOptions;
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
  const { stored, runValues, foreign } = readRunOptions(options, path);
  const conflicts = changes(values, runValues);
  if (conflicts.length > 0) throw new UsageError(`${conflicts.join('; ')}: --resume continues the same run`);
  const free = Object.fromEntries(Object.entries(typed).filter(([key]) => isFree(key)));
  const raw = mergeRaw(free, stored, trainAlternatives);
  if (values.blas !== undefined) refuseIdleLibrary(raw, parseRaw(trainOptions, raw));
  return {
    raw,
    warnings: foreign.map(({ name, value, why }) => `${name} has ${show(value)}, which is ignored (${why})`),
  };
}

/** @throws Error if the file of the run is faulty, which is not a usage error. */
function readRunOptions(
  options: Resumable['options'],
  path: string,
): { stored: RawOptions; runValues: TrainValues; foreign: readonly ForeignEntry[] } {
  try {
    const { raw, foreign } = entriesToRaw(trainOptions, options, `--resume ${path}`, 'run');
    return { stored: raw, runValues: parseRaw(trainOptions, raw, trainAlternatives), foreign };
  } catch (error) {
    throw new Error(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** One sentence for each typed flag that differs from the run. */
function changes(typed: TrainValues, runValues: TrainValues): string[] {
  const config = configOf(runValues);
  return Object.entries(configOf(typed)).flatMap(([flag, value]) => {
    if (flag === 'dataset' ? isSameSource(value, config.dataset) : isFree(flag)) return [];
    const run = runValue(config, flag);
    return agrees(value, run) ? [] : [`--${flag} has ${text(value)}, expected ${text(run)}`];
  });
}

/** Files may have been moved; their rows are compared later. */
const isSameSource = (typed: unknown, runSource: unknown): boolean =>
  typed === runSource || (/[\\/]/.test(String(typed)) && /[\\/]/.test(String(runSource)));

/**
 * Options of the optimizer, the schedule and the loss have become part of them. What is not written has the default of
 * the library.
 */
function runValue(config: Record<string, unknown>, flag: string): unknown {
  const { optimizer, schedule, loss } = config;
  if ((flag === 'lr' || flag in optimizerFlags) && isRecord(optimizer)) return optimizer[camelCase(flag)];
  if (flag === 'label-smoothing' && isRecord(loss)) return loss.labelSmoothing;
  if (flag === 'warmup-steps' && isRecord(schedule)) return schedule.warmupSteps;
  if (flag === 'dropout' && ('spec' in config || 'network' in config)) return undefined; // the network says it
  return config[flag] ?? trainOptions[flag as keyof TrainValues].standard;
}

/** Whether a typed value agrees with the run's; of an optimizer, schedule or loss, only the typed options count. */
function agrees(typed: unknown, runValue: unknown): boolean {
  if (isRecord(typed))
    return isRecord(runValue) && Object.entries(typed).every(([key, value]) => agrees(value, runValue[key]));
  return isDeepStrictEqual(typed, runValue);
}

const text = (value: unknown): string => (value === undefined || value === false ? 'none' : formatValue(value));
