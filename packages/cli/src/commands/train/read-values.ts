import { existsSync } from 'node:fs';
import { show } from '@gradloom/core/internal';
import type { Cluster } from '@gradloom/runtime';
import { datasetNames } from '../../files/datasets/dataset-source.ts';
import { readConfig } from '../../options/config-file.ts';
import { camelCase } from '../../options/flags-of.ts';
import { flagsToRaw, mergeRaw, parseRaw, type RawOptions, type Request } from '../../options/raw-options.ts';
import { refuseIdleLibrary } from '../../options/run-options.ts';
import { UsageError } from '../../terminal/failure.ts';
import { quote } from '../../terminal/text/quote.ts';
import { isPerRank, onEachRank, refuseOtherFlags } from '../cluster/on-each-rank.ts';
import { optimizerFlags } from './optimizer-flags.ts';
import { type TrainValues, trainAlternatives, trainOptions } from './options.ts';
import { openResumable, type Resumable, resumedOptions } from './resume.ts';
import { recordedLibrary } from './run-record.ts';

/** The options of a run, how the user gave each, and the run that it continues. */
export interface RunRequest {
  readonly values: TrainValues;
  readonly raw: RawOptions;
  readonly resumable: Resumable | null;
  readonly library: string | null; // library that computed the run whose config.json provides the options
  readonly warnings: readonly string[];
}

/** @throws UsageError if a word belongs to no flag. */
export function refuseWords({ positionals: [word], args }: Pick<Request, 'positionals' | 'args'>): void {
  if (word === undefined) return;
  const meant = suggestFlag(word, args);
  const hint = meant === undefined ? '' : ` (did you mean ${meant}?)`;
  throw new UsageError(`the word ${show(word)} belongs to no flag, expected only flags${hint}`);
}

/** The flag that a word was meant for: a dataset, the rest of a list with a space in it, or a flag without its --. */
function suggestFlag(word: string, args: readonly string[]): string | undefined {
  if (Object.hasOwn(datasetNames, word) || existsSync(word)) return `--dataset ${word}`;
  const index = args.indexOf(word);
  const [flag, before] = [args[index - 2] ?? '', args[index - 1] ?? ''];
  const isList = before.endsWith(',') || word.startsWith(',') || (flag === '--hidden' && /^[\d,]+$/.test(word));
  if (flag.startsWith('--') && isList) return `${flag} ${before.replace(/,$/, '')},${word.replace(/^,/, '')}`;
  const [name, value] = word.split(/=(.*)/s);
  return value !== undefined && Object.hasOwn(trainOptions, name) ? `--${name} ${value}` : undefined;
}

/**
 * Reads the flags, and the config file or run that they name, which in a cluster only rank 0 needs to have. @throws
 * UsageError, or Error if a file cannot be read, on all ranks of a cluster.
 */
export async function readValues(request: Request, cluster: Cluster | null = null): Promise<RunRequest> {
  if (cluster === null) return await readLocalValues(request);
  const flags = flagsToRaw(trainOptions, request);
  await onEachRank(cluster, () => parseRaw(trainOptions, flags, trainAlternatives));
  await refuseOtherFlags(cluster, flags);
  const firstValues = await onEachRank(cluster, () => (cluster.rank === 0 ? readLocalValues(request) : null));
  const firstFlags = Object.entries(firstValues?.raw ?? {}).filter(([key]) => !(isPerRank(key) && key in flags));
  const flagsOfFirst = await cluster.fromFirst(Object.fromEntries(firstFlags));
  if (firstValues !== null) return firstValues;
  const rankFlags = Object.entries(flags).filter(([key]) => isPerRank(key));
  const raw = { ...flagsOfFirst, ...Object.fromEntries(rankFlags) };
  return { values: parseRaw(trainOptions, raw), raw, resumable: null, library: null, warnings: [] };
}

async function readLocalValues(request: Request): Promise<RunRequest> {
  const flags = flagsToRaw(trainOptions, request);
  const { config, resume, ...flagValues } = parseSource(flags);
  const resumable = resume === undefined ? null : await openResumable(resume);
  let raw = flags;
  let library = resumable?.library ?? null;
  let warnings: readonly string[] = [];
  if (resumable !== null && resume !== undefined) ({ raw, warnings } = resumedOptions(flags, resumable, resume));
  else if (config !== undefined) {
    const { raw: fileRaw, file } = await readConfig(trainOptions, config);
    parseSource(fileRaw);
    raw = mergeRaw(flags, withoutOverridden(fileRaw, flagValues), trainAlternatives);
    library = recordedLibrary(file);
  }
  return { values: parseRaw(trainOptions, raw), raw, resumable, library, warnings };
}

/** Flags that repeat an option inside of another flag: `--lr 0.1` and `--optimizer sgd:lr=0.1`. */
const optionsOfMembers: readonly (readonly [flag: keyof TrainValues, member: 'optimizer' | 'schedule'])[] = [
  ...(['lr', ...Object.keys(optimizerFlags)] as (keyof TrainValues)[]).map((flag) => [flag, 'optimizer'] as const),
  ['warmup-steps', 'schedule'],
];

const hasMemberOption = (values: TrainValues, flag: string, member: 'optimizer' | 'schedule'): boolean =>
  Object.hasOwn(values[member] ?? {}, camelCase(flag));

/** Checks that the options of one source do not contradict each other. @throws UsageError */
export function parseSource(raw: RawOptions): TrainValues {
  refuseSwapped(raw);
  const values = parseRaw(trainOptions, raw, trainAlternatives);
  for (const [flag, member] of optionsOfMembers) {
    if (!(flag in raw) || !hasMemberOption(values, flag, member)) continue;
    throw new UsageError(`${raw[flag].name} is given with ${flag} of ${raw[member].name}, expected one of the two`);
  }
  refuseIdleLibrary(raw, values);
  return values;
}

/** @throws UsageError if the target is a file, and the dataset is none. */
function refuseSwapped({ dataset, target }: RawOptions): void {
  const [word, file] = [dataset?.value, target?.value];
  if (typeof word !== 'string' || typeof file !== 'string' || existsSync(word) || !existsSync(file)) return;
  if (Object.hasOwn(datasetNames, word.split(':')[0])) return;
  const problem = `${dataset.name} has ${show(word)} and ${target.name} has the file ${show(file)}`;
  throw new UsageError(`${problem}, expected ${dataset.name} ${quote(file)} ${target.name} ${quote(word)}`);
}

/** Drops options of a file that flags override under another name, or make unused. */
function withoutOverridden(file: RawOptions, flags: TrainValues): RawOptions {
  // With --blas the backend of a file, which may load no library, does not count.
  const overriddenKeys = new Set<string>(flags.blas === undefined ? [] : ['backend']);
  for (const [flag, member] of optionsOfMembers) if (hasMemberOption(flags, flag, member)) overriddenKeys.add(flag);
  return Object.fromEntries(Object.entries(file).filter(([key]) => !overriddenKeys.has(key)));
}
