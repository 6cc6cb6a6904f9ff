import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ofTable, show } from '@gradloom/core/internal';
import { BEST_FILE, type Checkpoint, LAST_FILE, loadCheckpoint } from '@gradloom/runtime';
import { readRun } from '@gradloom/runtime/internal';
import { suggestRun } from '../../files/models/model-path.ts';
import { CONFIG_FILE } from '../../files/run-files/names.ts';
import { sealOf } from '../../files/run-files/seal.ts';
import { entriesToRaw, type ForeignEntry } from '../../options/config-file.ts';
import { loadOptions } from '../../options/custom-parts.ts';
import { RESULT_EFFECTS } from '../../options/effects.ts';
import { camelCase } from '../../options/flags-of.ts';
import { formatValue } from '../../options/member.ts';
import { mergeRaw, parseRaw, type RawOptions } from '../../options/raw-options.ts';
import { isRecord, readObject } from '../../options/read-object.ts';
import { refuseIdleLibrary } from '../../options/run-options.ts';
import { failureOf, messageOf, UsageError } from '../../terminal/failure.ts';
import { optimizerFlags } from './optimizer-flags.ts';
import { type TrainValues, trainAlternatives, trainOptions } from './options.ts';
import { configOf, recordedLibrary } from './run-record.ts';

/** A run that can continue. */
export interface Resumable {
  readonly folder: string | null; // of the run; null if only a checkpoint was named
  readonly file: string | null; // file of the checkpoint
  readonly checkpoint: Checkpoint | null; // null if the run ended before its first checkpoint
  readonly options: Readonly<Record<string, unknown>>; // as in a config file, with every default filled in
  readonly library: string | null; // BLAS library of a run without a checkpoint; a checkpoint has its own record
}

/**
 * The run in a folder, from its newest checkpoint, or from its configuration if it has none yet; or a checkpoint file.
 * @throws Error if there is none, or it is damaged.
 */
export async function openResumable(path: string): Promise<Resumable> {
  if (!existsSync(path)) {
    throw new Error(`--resume ${path} does not exist, expected a run or a checkpoint${suggestRun(path)}`);
  }
  if (!statSync(path).isDirectory()) return fromCheckpoint(null, path);
  const lastFile = join(path, LAST_FILE);
  if (existsSync(lastFile)) return fromCheckpoint(path, lastFile);
  const config = join(path, CONFIG_FILE);
  if (!existsSync(config)) {
    throw new Error(`--resume has ${path}, expected a run with ${LAST_FILE} or ${CONFIG_FILE} (start it again)`);
  }
  // The run's own file: its faults are not usage errors.
  const { options, ...facts } = await readObject('--resume', config).catch((error: Error) => {
    throw new Error(error.message, { cause: error });
  });
  // Without a checkpoint, only this file identifies the run.
  if (sealOf(readFileSync(config, 'utf8').trimEnd()) === 'broken') {
    throw new Error(
      `--resume has ${config}, which was changed after it was written, expected it unchanged (use --config to start a new run with its options)`,
    );
  }
  if (!isRecord(options))
    throw new Error(`--resume has ${config} without options, expected the configuration of a run`);
  return { folder: path, file: null, checkpoint: null, options, library: recordedLibrary(facts) };
}

function fromCheckpoint(folder: string | null, file: string): Resumable {
  const checkpoint = load(folder, file);
  const { metadata, record } = checkpoint;
  if (!isRecord(metadata.options)) {
    throw new Error(`--resume has ${file} without options, expected a checkpoint that train wrote`);
  }
  const { evaluateEvery, backend, rateChanges } = record;
  const recordedValues = { 'evaluate-every': evaluateEvery, backend: backend.name, 'rate-changes': rateChanges };
  // A run has rate changes only if it was steered.
  const entries = Object.entries(recordedValues).filter(([, value]) => value !== undefined);
  // A run of a version without ramps or inputs for the parts of dates goes on without them.
  const columns = ofTable(checkpoint.preprocessing)?.columns ?? [];
  const dates = columns.filter(({ type }) => type === 'date');
  const hasDatesAlone = dates.length > 0 && !dates.some((column) => 'parts' in column);
  const hasNoRamps = columns.length > 0 && !columns.some((column) => 'ramps' in column);
  const isOfModel = metadata.options.from !== undefined; // whose encoding it takes
  const options = {
    ...(hasDatesAlone && !isOfModel ? { 'date-parts': 'none' } : {}),
    ...(hasNoRamps && !isOfModel ? { 'no-ramps': true } : {}),
    ...metadata.options,
    ...Object.fromEntries(entries),
  };
  return { folder, file, checkpoint, options, library: null };
}

function load(folder: string | null, file: string): Checkpoint {
  try {
    return loadCheckpoint(file, loadOptions());
  } catch (error) {
    const bestPath = folder === null ? '' : join(folder, BEST_FILE);
    // Only a best checkpoint that can be read is named.
    if (!(error instanceof Error) || bestPath === '' || failureOf(() => readRun(bestPath)) !== null) throw error;
    throw new Error(`${error.message}; an older one is ${bestPath} (--resume it with --out)`, { cause: error });
  }
}

/** Options that may change: they set the length of the run, or are compared in another way. */
const CHANGEABLE_OPTIONS = new Set(['epochs', 'steps', 'dataset', 'spec']);

/** Options that do not affect results but must stay the same for the whole run. */
const FIXED_OPTIONS = new Set(['stream', 'evaluate-test', 'probe']);

/** Whether an option may differ from that of the run. */
const isChangeable = (name: string): boolean =>
  CHANGEABLE_OPTIONS.has(name) ||
  (Object.hasOwn(trainOptions, name) &&
    !FIXED_OPTIONS.has(name) &&
    !RESULT_EFFECTS.includes(trainOptions[name as keyof TrainValues].effect));

/** Whether an option is fixed from the start of a run to its end. */
export const isFixedOption = (name: string): boolean => !isChangeable(name) && !DEFAULTED_OPTIONS.has(name);

/** Options with defaults of the library; the record of the checkpoint has their values. */
const DEFAULTED_OPTIONS = new Set(['evaluate-every', 'batch']);

/** The options of a resumed run. */
interface ResumedOptions {
  readonly raw: RawOptions;
  readonly warnings: readonly string[]; // on options in the files of the run that no file may set
}

/**
 * The options of the run, and the typed flags that may differ from them.
 * @throws UsageError naming every flag that would make it another run.
 */
export function resumedOptions(flags: RawOptions, { options, folder }: Resumable, path: string): ResumedOptions {
  const values = parseRaw(trainOptions, flags, trainAlternatives);
  if (folder === null && values.out === undefined && values['no-out'] === undefined) {
    throw new UsageError(
      `--resume has ${path}, a file, expected --out or --no-out with it (the run of the file may have gone further)`,
    );
  }
  const { stored, runValues, foreign } = readRunOptions(options, path);
  const conflicts = conflictsOf(values, runValues);
  if (conflicts.length > 0) throw new UsageError(`${conflicts.join('; ')}: --resume continues the same run`);
  const changedFlags = Object.fromEntries(Object.entries(flags).filter(([key]) => isChangeable(key)));
  const raw = mergeRaw(changedFlags, stored, trainAlternatives);
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
    throw new Error(messageOf(error), { cause: error });
  }
}

/** One sentence for each typed flag that differs from the run. */
function conflictsOf(flagValues: TrainValues, runValues: TrainValues): string[] {
  const config = configOf(runValues);
  return Object.entries(configOf(flagValues)).flatMap(([flag, value]) => {
    if (flag === 'dataset' ? isSameSource(value, config.dataset) : isChangeable(flag)) return [];
    const run = runValue(config, flag);
    return agrees(value, run) ? [] : [`--${flag} has ${valueText(value)}, expected ${valueText(run)}`];
  });
}

/** Whether two sources may be the same: any two paths may, since files may have been moved. Rows are compared later. */
const isSameSource = (flagSource: unknown, runSource: unknown): boolean =>
  flagSource === runSource || (/[\\/]/.test(String(flagSource)) && /[\\/]/.test(String(runSource)));

/**
 * The value of a flag in the config of the run, which nests the options of the optimizer, the schedule and the loss. A
 * missing value is the default of the library.
 */
function runValue(config: Record<string, unknown>, flag: string): unknown {
  const { optimizer, schedule, loss } = config;
  if ((flag === 'lr' || flag in optimizerFlags) && isRecord(optimizer)) return optimizer[camelCase(flag)];
  if (flag === 'label-smoothing' && isRecord(loss)) return loss.labelSmoothing;
  if (flag === 'warmup-steps' && isRecord(schedule)) return schedule.warmupSteps;
  if (flag === 'dropout' && ('spec' in config || 'network' in config)) return undefined; // the network has it
  return config[flag] ?? trainOptions[flag as keyof TrainValues].standard;
}

/** Whether a typed value agrees with the run's; of an optimizer, schedule or loss, only the typed options count. */
function agrees(flagValue: unknown, runValue: unknown): boolean {
  if (isRecord(flagValue))
    return isRecord(runValue) && Object.entries(flagValue).every(([key, value]) => agrees(value, runValue[key]));
  return isDeepStrictEqual(flagValue, runValue);
}

const valueText = (value: unknown): string => (value === undefined || value === false ? 'none' : formatValue(value));
