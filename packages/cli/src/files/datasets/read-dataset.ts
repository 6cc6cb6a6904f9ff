import { existsSync } from 'node:fs';
import { dirname, normalize } from 'node:path';
import { type ImageEncoding, OptionError } from '@gradloom/core';
import { checkKeys, show, suggest, within } from '@gradloom/core/internal';
import {
  type DataSplits,
  type Dataset,
  loadDataset,
  loadMnist,
  type SyntheticName,
  syntheticDatasets,
} from '@gradloom/runtime';
import { datasetFormats, loadPlainTable, tableFormatOf } from '@gradloom/runtime/internal';
import { flagName } from '../../options/flags-of.ts';
import { withoutCaller } from '../../terminal/failure.ts';
import { pathsIn } from '../folders.ts';
import type { DatasetSource, FileSource } from './dataset-source.ts';
import { presets } from './presets.ts';
import { fileOptions } from './table-options.ts';

/**
 * Reads or generates the sets that a source has itself: arrays, images, a table of plain numbers or a named dataset.
 * @throws OptionError for options that do not fit, and an Error that begins with `flag` if files cannot be read.
 */
export async function readDataset(
  source: DatasetSource,
  flag: string,
  classNames: readonly string[] | undefined,
  image: ImageEncoding | undefined, // images of the model that is evaluated
): Promise<DataSplits> {
  if ('path' in source) {
    const options = {
      ...(image === undefined || formatOf(source.path) !== 'image-folder' ? {} : sizeOfImages(image)),
      ...source.options,
      ...(classNames === undefined ? {} : { classNames }),
    };
    // A model without a preprocessing takes the numbers of a table as they are.
    const isTable = tableFormatOf(source.path) !== undefined;
    return withFileErrors(source, flag, async () => {
      if (!isTable) return loadDataset(source.path, options);
      return { train: await loadPlainTable('loadPlainTable', source.path, options) };
    });
  }
  const { kind, ...options } = source.options;
  const { name } = source;
  if (name !== 'mnist') {
    return { train: within('dataset', () => createSynthetic(name, { ...presets[name].options, ...options })) };
  }
  within('dataset', () => checkKeys(kind, options, []));
  return loadMnist(import.meta.url);
}

/** The first format that matches a path, as `loadDataset` chooses it. */
export const formatOf = (path: string): string | undefined =>
  Object.entries(datasetFormats).find(([, format]) => format.matches(path))?.[0];

/** Reads a file, and names the flag or the option of `--dataset` in its errors. */
export async function withFileErrors<T>(
  { path, byFlag = [], table }: FileSource,
  flag: string,
  read: () => Promise<T>,
): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof OptionError) throw nameFileOption(error, byFlag);
    const sentence = withoutCaller(error);
    const rest = sentence.slice(path.length);
    const problem = sentence.startsWith(path) && /^[ :]/.test(rest) ? rest : `: ${sentence}`;
    const hint = existsSync(path) ? '' : suggest(normalize(path), pathsIn(dirname(path)));
    throw new Error(`${flag} ${table ?? path}${problem}${hint}`, { cause: error });
  }
}

/** Renames an option in `byFlag` to its flag; the others are options of `--dataset`. */
export function nameFileOption(error: OptionError, byFlag: readonly string[] = []): OptionError {
  const [option, ...rest] = (error.options[0] ?? '').split('.');
  const isOfSplit = ['validation', 'test', 'folds', 'fold'].includes(option);
  if (isOfSplit) return error;
  if (!byFlag.includes(option)) return error.inside('dataset');
  const flag = flagName(option, fileOptions[option as keyof typeof fileOptions]);
  const about = rest.length === 0 ? flag : `${flag} ${rest.join('.')}`;
  return new OptionError(error.where, flag, error.problem, { about, cause: error });
}

/** Options that convert any images to the size, channels, bits and numbers that a model takes. */
const sizeOfImages = ({ height, width, channels, divisor, bits = 16 }: ImageEncoding) => ({
  size: `${width}x${height}`,
  channels,
  divisor,
  bits,
});

/** @throws OptionError for options that do not fit, or ask for more than there is memory for. */
function createSynthetic(name: SyntheticName, options: object): Dataset {
  try {
    return syntheticDatasets[name](options);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const rows = show('rows' in options ? options.rows : undefined);
    throw new OptionError(name, 'rows', `has ${rows}, expected no more than fit into memory`, { cause: error });
  }
}
