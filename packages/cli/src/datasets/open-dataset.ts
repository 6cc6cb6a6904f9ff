import { OptionError } from '@gradloom/core';
import { onlyKeys, show, within } from '@gradloom/core/internal';
import {
  type DataSplits,
  type Dataset,
  type FileOptions,
  loadDataset,
  loadMnist,
  type SyntheticName,
  splitDataset,
  syntheticDatasets,
} from '@gradloom/runtime';
import { withoutPlace } from '../failure.ts';
import type { DatasetSource } from '../options/dataset-source.ts';
import { filePreset, type Preset, presets } from './presets.ts';

/**
 * The seed of every split. It is fixed, so that runs of any seed are measured on the same rows, and a model can be
 * measured later on rows it has not seen.
 */
const SPLIT_SEED = 0;

export interface Shares {
  readonly validation?: number | undefined; // default: the dataset's own share
  readonly test?: number | undefined; // default: the dataset's own set or share
}

export interface OpenedDataset {
  readonly preset: Preset;
  readonly sets: DataSplits;
  /** The options with defaults filled in; no test share if the training rows are also the test rows. */
  readonly shares: { readonly validation: number; readonly test?: number };
}

/**
 * Reads or generates a dataset and splits its rows.
 * @throws OptionError for shares and options that do not fit, and an Error that begins with `name` if files cannot be
 * read.
 */
export async function openDataset(
  source: DatasetSource,
  shares: Shares,
  name = '--dataset',
  classNames?: readonly string[], // class names of the model that is evaluated, in its order
): Promise<OpenedDataset> {
  const preset: Preset = 'path' in source ? filePreset : presets[source.name];
  const whole = await readDataset(source, preset, name, classNames);
  refuseShare('validation', shares.validation, whole);
  refuseShare('test', shares.test, whole);
  const { validation = whole.validation === undefined ? preset.validation : 0 } = shares;
  if (whole.test !== undefined) {
    return { preset, shares: { validation, test: 0 }, sets: deal(whole, validation, 0) };
  }
  if (preset.testsItself && shares.test === undefined) {
    return { preset, shares: { validation }, sets: { ...deal(whole, validation, 0), test: whole.train } };
  }
  const test = shares.test ?? preset.test;
  return { preset, shares: { validation, test }, sets: deal(whole, validation, test) };
}

/** @throws OptionError for a share if the dataset already has that set. */
function refuseShare(set: 'validation' | 'test', share: number | undefined, whole: DataSplits): void {
  if (share === undefined || share === 0 || whole[set] === undefined) return;
  const problem = `has ${share}, expected none, since ${whole.train.name} has its own ${set} set`;
  throw new OptionError('train', set, problem);
}

async function readDataset(
  source: DatasetSource,
  preset: Preset,
  flag: string,
  classNames: readonly string[] | undefined,
): Promise<DataSplits> {
  if ('path' in source) {
    return readFiles(source.path, { ...source.options, ...(classNames === undefined ? {} : { classNames }) }, flag);
  }
  const { kind, ...options } = source.options;
  const { name } = source;
  if (name !== 'mnist') {
    return { train: within('dataset', () => make(name, { ...preset.options, ...options })) };
  }
  within('dataset', () => onlyKeys(kind, options, []));
  return loadMnist(import.meta.url);
}

async function readFiles(path: string, options: FileOptions, flag: string): Promise<DataSplits> {
  try {
    return await loadDataset(path, options);
  } catch (error) {
    if (error instanceof OptionError) throw error.inside('dataset');
    const sentence = withoutPlace(error);
    const inside =
      /^[ :]/.test(sentence.slice(path.length)) && sentence.startsWith(path)
        ? sentence.slice(path.length)
        : `: ${sentence}`;
    throw new Error(`${flag} ${path}${inside}`, { cause: error });
  }
}

/** @throws OptionError for options that do not fit, or ask for more than there is memory for. */
function make(name: SyntheticName, options: object): Dataset {
  try {
    return syntheticDatasets[name](options);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const rows = show('rows' in options ? options.rows : undefined);
    throw new OptionError(name, 'rows', `has ${rows}, expected no more than fit into memory`, { cause: error });
  }
}

/** The sets of the dataset itself, and those split off its training rows. */
function deal(whole: DataSplits, validation: number, test: number): DataSplits {
  if (validation === 0 && test === 0) return whole;
  return { ...whole, ...splitDataset(whole.train, { validation, test, seed: SPLIT_SEED }) };
}
