import { join } from 'node:path';
import { OptionError } from '@gradloom/core';
import { checkKeys, checkObject, option, show, showPath } from '@gradloom/core/internal';
import { checkPath } from '../system/files/check-path.ts';
import { namesIn, statsOf } from '../system/files/file-system.ts';
import type { ArrayOptions } from './array-dataset.ts';
import type { DataSplits } from './dataset.ts';
import { findIdxLabels, isIdxFolder, loadIdx, loadIdxFolder } from './idx.ts';
import { IMAGE, isImageFolder, loadImageFolder } from './images/image-folder.ts';
import type { ImageOptions } from './images/image-options.ts';
import type { NamedArraysOptions } from './named-arrays.ts';
import { loadNpy } from './npy-dataset.ts';
import { isNpyFolder, loadNpyFolder } from './npy-folder.ts';
import { loadNpz } from './npz.ts';
import { isNamed, tableFormatOf, tableFormats } from './tables/formats/index.ts';
import { type CsvOptions, loadCsv } from './tables/plain-table.ts';
import { loadText } from './text/load-text.ts';
import type { TextOptions } from './text/text-options.ts';

/** Options of all formats; each format accepts a part of them. */
export type FileOptions = ArrayOptions & NamedArraysOptions & CsvOptions & ImageOptions & TextOptions;

/** A file layout from which a dataset can be read. */
interface DatasetFormat {
  /** Description for error messages. */
  readonly title: string;
  readonly isFolder: boolean;
  readonly options: readonly Exclude<keyof FileOptions, 'name' | 'classNames'>[]; // besides these two
  matches(path: string): boolean;
  load(path: string, options: FileOptions): Promise<DataSplits>;
}

const arrayOptions = ['classes', 'divisor'] as const;

/** Every format; the first that matches is used. */
export const datasetFormats = {
  'idx-folder': {
    title: 'a folder with train-images-idx3-ubyte and train-labels-idx1-ubyte',
    options: [...arrayOptions, 'stream'],
    isFolder: true,
    matches: isIdxFolder,
    load: loadIdxFolder,
  },
  'npy-folder': {
    title: 'a folder with x.npy and y.npy',
    options: [...arrayOptions, 'targets', 'x', 'y', 'lengths', 'stream'],
    isFolder: true,
    matches: isNpyFolder,
    load: loadNpyFolder,
  },
  'image-folder': {
    title: 'a folder with a folder of PNG or JPEG images for each class',
    options: ['size', 'channels', 'bits', 'divisor'],
    isFolder: true,
    matches: isImageFolder,
    load: loadImageFolder,
  },
  idx: {
    title: 'an IDX file of images such as train-images-idx3-ubyte, with its labels beside it',
    options: [...arrayOptions, 'stream'],
    isFolder: false,
    matches: isNamed(/[-.]idx\d+-[a-z]+(\.gz)?$/),
    load: async (path, options) => ({ train: await loadIdx(path, findIdxLabels(path), options) }),
  },
  npy: {
    title: 'one that ends in .npy',
    options: [...arrayOptions, 'targets', 'stream'],
    isFolder: false,
    matches: isNamed(/\.npy(\.gz)?$/i),
    load: async (path, options) => ({ train: await loadNpy(path, null, options) }),
  },
  npz: {
    title: 'one that ends in .npz',
    options: [...arrayOptions, 'targets', 'x', 'y', 'lengths'],
    isFolder: false,
    matches: isNamed(/\.npz$/i),
    load: loadNpz,
  },
  csv: {
    ...tableFormats.csv,
    options: ['target', 'targets', 'header', 'divisor'],
    isFolder: false,
    load: async (path, options) => ({ train: await loadCsv(path, options) }),
  },
  text: {
    title: 'a text that ends in .txt',
    options: ['tokenizer', 'context', 'lines', 'validation', 'test', 'stream'],
    isFolder: false,
    matches: isNamed(/\.txt(\.gz)?$/i),
    load: loadText,
  },
} satisfies Record<string, DatasetFormat>;

/**
 * Loads the datasets at `path`, in the format that is found there. @throws Error naming the path and the known formats,
 * OptionError for an option that the format does not accept.
 */
export async function loadDataset(path: string, options: FileOptions = {}): Promise<DataSplits> {
  checkPath('loadDataset', path);
  checkObject('loadDataset', 'options', options, 'an object');
  const formats: readonly DatasetFormat[] = Object.values(datasetFormats);
  const format = formats.find((candidate) => candidate.matches(path));
  if (format !== undefined) {
    checkOptions(options, format.options);
    return format.load(path, options);
  }
  const stats = statsOf('loadDataset', path);
  if (stats === undefined)
    throw new Error(`loadDataset: ${showPath(path)} does not exist, expected a file or folder with data`);
  if (tableFormatOf(path) !== undefined) {
    const advice =
      'in a program, readTable and splitTable read this one, so that its columns are fitted after the split';
    const expected = `a CSV file of plain numbers (${advice})`;
    throw new Error(`loadDataset: ${showPath(path)} is a table with types, expected ${expected}`);
  }
  const isFolder = stats.isDirectory();
  const names = isFolder ? namesIn('loadDataset', path).sort() : [];
  const tablesInside = names.filter((name) => tableFormatOf(name) !== undefined);
  if (tablesInside.length > 0) {
    const tableCount = tablesInside.length === 1 ? 'a table' : `${tablesInside.length} tables`;
    const expected = `one file, such as ${showPath(join(path, tablesInside[0]))} (copy the rows of several into one)`;
    throw new Error(`loadDataset: ${showPath(path)} is a folder with ${tableCount}, expected ${expected}`);
  }
  const other = otherKind(path, isFolder);
  if (other !== undefined) throw new Error(`loadDataset: ${showPath(path)} ${other}`);
  const { csv: _, ...tables } = tableFormats;
  const titles = [...formats, ...Object.values(tables).map(({ title }) => ({ title, isFolder: false }))]
    .filter((candidate) => candidate.isFolder === isFolder)
    .map(({ title }) => title);
  const has = isFolder ? 'has no data of a known format' : 'has no known format';
  throw new Error(`loadDataset: ${showPath(path)} ${has}, expected ${titles.join(', or ')}`);
}

/** The table of a folder that has one, and no data of a format of folders; else the path itself. */
export function tableInFolder(path: string): string {
  checkPath('tableInFolder', path);
  const formats: readonly DatasetFormat[] = Object.values(datasetFormats);
  if (!statsOf('tableInFolder', path)?.isDirectory() || formats.some((format) => format.matches(path))) return path;
  const [name, ...others] = namesIn('tableInFolder', path).filter((name) => tableFormatOf(name) !== undefined);
  return name === undefined || others.length > 0 ? path : join(path, name);
}

/** Says that a path is a spreadsheet, one image or images without classes; undefined for other paths. */
function otherKind(path: string, isFolder: boolean): string | undefined {
  if (!isFolder && /\.(xlsx?|xlsm|ods|numbers)$/i.test(path))
    return 'is a spreadsheet, expected its sheet saved as CSV';
  const { title } = datasetFormats['image-folder'];
  if (!isFolder) return IMAGE.test(path) ? `is one image, expected ${title}` : undefined;
  if (!namesIn('loadDataset', path).some((name) => IMAGE.test(name))) return undefined;
  const parentFolder = join(path, '..');
  const hint = isImageFolder(parentFolder) ? ` (did you mean ${showPath(parentFolder)}?)` : '';
  return `has images without classes, expected ${title}${hint}`;
}

/** Checks the common options; each format checks its own. */
function checkOptions({ name, classNames, ...options }: FileOptions, names: readonly string[]): void {
  const where = 'loadDataset';
  checkKeys(where, options, names);
  const { classes, divisor, stream } = options;
  if (stream !== undefined) option.flag.check(where, 'stream', stream);
  if (classes !== undefined) option.positiveInteger.check(where, 'classes', classes);
  if (divisor !== undefined) option.notZero.check(where, 'divisor', divisor);
  if (name !== undefined) option.text('a text').check(where, 'name', name);
  if (classNames === undefined) return;
  if (!Array.isArray(classNames) || !classNames.every((entry) => typeof entry === 'string')) {
    throw new OptionError(where, 'classNames', `has ${show(classNames)}, expected an array of names`);
  }
  if (new Set(classNames).size < classNames.length) {
    throw new OptionError(where, 'classNames', `has ${show(classNames)}, expected each name once`);
  }
}
