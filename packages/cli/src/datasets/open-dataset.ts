import {
  type DataSplits,
  type Dataset,
  loadDataset,
  loadMnist,
  splitDataset,
  syntheticDatasets,
} from '@gradloom/runtime';
import { withoutPlace } from '../failure.ts';
import type { DatasetSource } from '../options/dataset-source.ts';
import { UsageError } from '../usage-error.ts';
import { filePreset, type Preset, presets } from './presets.ts';

/**
 * How rows are dealt out over sets always follows this seed, so that runs of any seed are measured on the same rows, and
 * a model can be measured later on rows it has not seen.
 */
const SPLIT_SEED = 0;

export interface Shares {
  readonly validation: number;
  readonly test?: number | undefined; // default: the dataset's own set or share
}

export interface OpenedDataset {
  readonly preset: Preset;
  readonly sets: DataSplits;
  /** With defaults filled in; no test share where the rows test themselves, which is no share of them. */
  readonly shares: { readonly validation: number; readonly test?: number };
}

/** Reads or makes a dataset and deals its rows out. @throws UsageError for shares and options that do not fit. */
export async function openDataset(source: DatasetSource, shares: Shares): Promise<OpenedDataset> {
  const preset: Preset = 'path' in source ? filePreset : presets[source.name];
  const whole = await readDataset(source, preset);
  const validation = shares.validation;
  if (whole.test !== undefined) {
    if (shares.test !== undefined && shares.test > 0) {
      throw new UsageError(`--test has ${shares.test}, expected none, since ${whole.train.name} has its own test set`);
    }
    return { preset, shares: { validation, test: 0 }, sets: { ...deal(whole.train, validation, 0), test: whole.test } };
  }
  if (preset.testsItself && shares.test === undefined) {
    return { preset, shares: { validation }, sets: { ...deal(whole.train, validation, 0), test: whole.train } };
  }
  const test = shares.test ?? preset.test;
  return { preset, shares: { validation, test }, sets: deal(whole.train, validation, test) };
}

async function readDataset(source: DatasetSource, preset: Preset): Promise<DataSplits> {
  if ('path' in source) return loadDataset(source.path);
  const { kind, ...options } = source.options;
  if (source.name === 'mnist') {
    const [option] = Object.keys(options);
    if (option !== undefined) throw new UsageError(`--dataset mnist: ${option} is unknown, expected no options`);
    return loadMnist(import.meta.url);
  }
  try {
    return { train: syntheticDatasets[source.name]({ ...preset.options, ...options }) };
  } catch (error) {
    throw new UsageError(`--dataset ${kind}: ${withoutPlace(error)}`, { cause: error });
  }
}

function deal(dataset: Dataset, validation: number, test: number): DataSplits {
  if (validation === 0 && test === 0) return { train: dataset };
  return splitDataset(dataset, { validation, test, seed: SPLIT_SEED });
}
