import { OptionError, type Preprocessing, type TablePreprocessing, type TextEncoding } from '@gradloom/core';
import { ofImages, ofTable, ofText, reasonOf, rowPartsOf, show, sizeOf, tokensOf } from '@gradloom/core/internal';
import {
  type DataSplits,
  loadText,
  type PreparedTable,
  readTable,
  type SplitOptions,
  splitDataset,
  splitTable,
  standardizeImages,
  type Table,
  type TableOptions,
  type TableSeries,
  type TextOptions,
  withInputTargets,
} from '@gradloom/runtime';
import {
  fittedDecay,
  imageNetwork,
  readTableAs,
  splitTableAs,
  tableFormatOf,
  tableShapes,
  tableShares,
  withScale,
} from '@gradloom/runtime/internal';
import { tableOptions, textOptions } from '@gradloom/runtime/options';
import { defined } from '../../options/option.ts';
import type { DatasetSource, FileSource } from './dataset-source.ts';
import { decisionsOnArrays } from './held-out.ts';
import { refuseOneClass, refuseOneFolder } from './one-class.ts';
import { type Preset, presets } from './presets.ts';
import { formatOf, nameFileOption, readDataset, withFileErrors } from './read-dataset.ts';
import { partsPreset, seriesPreset, seriesShares, tablePreset, textsPreset } from './table-preset.ts';
import { tableAmongTexts, textDecisions, textPreset } from './text-preset.ts';

/** The seed of every split: runs of any seed are measured on the same rows, which their models have not seen. */
const SPLIT_SEED = 0;

export interface Shares {
  readonly validation?: number | undefined; // default: the dataset's own share
  readonly test?: number | undefined; // default: the dataset's own set or share
  /** One of several folds is the test set; the rows of the test share, or the dataset's own test set, are left out. */
  readonly folds?: number | undefined;
  readonly fold?: number | undefined; // from 1
}

export interface OpenedDataset {
  /** Makes the defaults of a training; for a table it fits the weight decay to the rows, which takes time. */
  readonly preset: () => Preset;
  readonly sets: DataSplits;
  /** The options with defaults filled in; no test share if the training rows are also the test rows. */
  readonly shares: { readonly validation: number; readonly test?: number };
  /** For a table: findings about the file, and the use of its columns. */
  readonly table?: OpenedTable;
  /** For the user's arrays or images: the automatic decisions, one sentence each. */
  readonly decisions?: readonly string[];
  /** For a table that a model reads: the rows that are left out. For a text: whether it looks like a table. */
  readonly warnings?: readonly string[];
}

/** A table and its sets. */
export interface OpenedTable extends PreparedTable {
  readonly table: Table;
  /** Number of folds, one of which is the test set; undefined without folds. */
  readonly folds?: number | undefined;
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
  preprocessing?: Preprocessing | null, // of the evaluated model; null: it takes plain numbers; undefined: no model
  hasNewTarget = false, // of a model that is trained further: the target is that of the file
): Promise<OpenedDataset> {
  const images = ofImages(preprocessing ?? undefined);
  const modelTable = ofTable(preprocessing ?? undefined);
  const isTable = 'path' in source && isReadAsTable(source, modelTable);
  if ('path' in source) refuseOtherKind(source, isTable);
  // A model of images or of plain numbers takes the numbers of a table as they are.
  if (isTable && preprocessing !== null && images === undefined) {
    if (ofText(preprocessing) !== undefined) {
      throw new Error(`${name} ${source.table ?? source.path} is a table, expected a text, as that of the model`);
    }
    return openTableDataset(source, shares, name, { classNames, preprocessing: modelTable, hasNewTarget });
  }
  if ('path' in source && formatOf(source.path) === 'text') {
    return openText(source, shares, name, ofText(preprocessing ?? undefined)?.text);
  }
  const { scale, targetsAreInputs, arraySource } = separateOptions(source);
  const dataset = await readDataset(arraySource, name, classNames, images?.image);
  const unscaled = openUnscaled(dataset, arraySource, shares);
  if (preprocessing === undefined && !targetsAreInputs) refuseOneFolder(unscaled.sets.train, source, name);
  const openedDataset = scaleInputs(unscaled, source, scale, preprocessing);
  return targetsAreInputs ? withOwnTargets(openedDataset) : openedDataset;
}

/** Rows for a model are scaled as its training rows were; null is a model without a preprocessing. */
function scaleInputs(
  openedDataset: OpenedDataset,
  source: DatasetSource,
  scale: unknown,
  preprocessing: Preprocessing | null | undefined,
): OpenedDataset {
  if (preprocessing === undefined) return scale === 'standard' ? standardizeSets(openedDataset, source) : openedDataset;
  const modelScale = ofImages(preprocessing ?? undefined)?.image.scale;
  return modelScale === undefined
    ? openedDataset
    : { ...openedDataset, sets: withScale(openedDataset.sets, modelScale) };
}

/** Rows that are their own targets. Images then have an autoencoder by default. */
function withOwnTargets({ preset, sets, ...opened }: OpenedDataset): OpenedDataset {
  const network = sets.train.inputs.shape?.length === 3 ? { network: 'autoencoder' } : {};
  return { ...opened, preset: () => ({ ...preset(), ...network }), sets: withInputTargets(sets) };
}

/** Whether a file is read as a table: by its name, or a .txt with a target or for a model of a table. */
const isReadAsTable = ({ path, options }: FileSource, tablePreprocessing: TablePreprocessing | undefined): boolean =>
  tableFormatOf(path) !== undefined ||
  (formatOf(path) === 'text' && (options?.target !== undefined || tablePreprocessing !== undefined));

/** Options of tables that a folder of images has, too. */
const IMAGE_OPTIONS = new Set(['classNames', 'scale', 'name', 'size', 'channels', 'bits']);

/** @throws OptionError for an option of tables with a text, and for one of texts with another file. */
function refuseOtherKind({ path, table, options = {}, byFlag }: FileSource, isTable: boolean): void {
  const format = isTable ? undefined : formatOf(path);
  const tableOption = Object.keys(options).find((name) => name in tableOptions.table && !IMAGE_OPTIONS.has(name));
  if (format === 'image-folder' && tableOption !== undefined) {
    const why =
      tableOption === 'stream'
        ? 'a folder of images is read into memory'
        : 'the classes of images are the folders that they are in';
    const problem = `is given with ${show(path)}, expected none: ${why}`;
    throw nameFileOption(new OptionError('openDataset', tableOption, problem), byFlag);
  }
  const isText = format === 'text';
  const [allowedOptions, foreignOptions] = isText
    ? [textOptions.table, tableOptions.table]
    : [tableOptions.table, textOptions.table];
  const stray = Object.keys(options).find((name) => name in foreignOptions && !(name in allowedOptions));
  if (stray === undefined) return;
  const expected = isText ? 'a table (a .txt is one with --target; without, it is a text to learn to write)' : 'a text';
  const problem = `is given with ${show(table ?? path)}, expected ${expected}`;
  throw nameFileOption(new OptionError('openDataset', stray, problem), byFlag);
}

/** Splits arrays, images or a named dataset, without scaling them. */
function openUnscaled(original: DataSplits, source: DatasetSource, shares: Shares): OpenedDataset {
  refuseShare('validation', shares.validation, original);
  refuseShare('test', shares.test, original);
  if ('path' in source) return splitArrays(original, source, shares);
  const defaults: Preset = presets[source.name];
  const preset = () => defaults;
  const { validation = original.validation === undefined ? defaults.validation : 0 } = shares;
  if (original.test !== undefined) {
    return { preset, shares: { validation, test: 0 }, sets: splitRows(original, { ...shares, validation, test: 0 }) };
  }
  if (defaults.testsItself && shares.test === undefined && shares.folds === undefined) {
    const sets = splitRows(original, { validation, test: 0 });
    return { preset, shares: { validation }, sets: { ...sets, test: original.train } };
  }
  const test = shares.test ?? defaults.test;
  return { preset, shares: { validation, test }, sets: splitRows(original, { ...shares, validation, test }) };
}

/**
 * Separates `scale`, and targets that are the inputs, from a source of arrays or images.
 * @throws OptionError for a scale that they do not have.
 */
function separateOptions(source: DatasetSource): {
  scale: unknown;
  targetsAreInputs: boolean;
  arraySource: DatasetSource;
} {
  const { scale, ...others }: Readonly<Record<string, unknown>> = source.options ?? {};
  const { targets, ...withoutTargets } = others;
  const targetsAreInputs = targets === 'inputs';
  if (scale === undefined && !targetsAreInputs) return { scale, targetsAreInputs, arraySource: source };
  const arraySource = { ...source, options: targetsAreInputs ? withoutTargets : others } as DatasetSource;
  if (scale === undefined || scale === 'standard' || scale === 'none') return { scale, targetsAreInputs, arraySource };
  const problem = `has ${show(scale)}, expected standard or none for images`;
  throw scaleError(source, new OptionError('train', 'scale', problem));
}

/** Standardizes images by the mean and deviation of the training rows. */
function standardizeSets(openedDataset: OpenedDataset, source: DatasetSource): OpenedDataset {
  const { decisions } = openedDataset;
  try {
    const sets = standardizeImages(openedDataset.sets);
    return { ...openedDataset, sets, ...(decisions && { decisions: [SCALED, ...decisions] }) };
  } catch (error) {
    throw error instanceof OptionError ? scaleError(source, error) : error;
  }
}

const SCALED =
  'images are standardized: mean and deviation of each channel of the training rows (--scale none leaves them)';

const scaleError = (source: DatasetSource, error: OptionError): OptionError =>
  nameFileOption(error, 'path' in source ? source.byFlag : ['scale']);

/** Splits the user's arrays or images by the rule of tables; sets that they already have are kept. */
function splitArrays(original: DataSplits, source: FileSource, shares: Shares): OpenedDataset {
  const defaultShares = sharesOf(original.train, shares);
  const fullShares = {
    validation: original.validation === undefined ? defaultShares.validation : 0,
    test: original.test === undefined ? defaultShares.test : 0,
  };
  const sets = splitRows(original, { ...shares, ...fullShares });
  return {
    preset: () => ({
      ...tablePreset(sets.train.rows, fittedDecay(sets.train)),
      ...(formatOf(source.path) === 'image-folder' ? defined({ network: imageNetwork(sets.train.inputs.shape) }) : {}),
    }),
    shares: fullShares,
    sets,
    decisions: decisionsOnArrays(original, sets, shares.folds),
  };
}

/** Reads a table and splits its rows before anything is fitted on them. `model` is the evaluated one, if any. */
async function openTableDataset(
  source: FileSource,
  shares: Shares,
  flag: string,
  model: {
    readonly classNames: readonly string[] | undefined;
    readonly preprocessing: TablePreprocessing | undefined;
    readonly hasNewTarget: boolean;
  },
): Promise<OpenedDataset> {
  return withFileErrors(source, flag, async () => {
    const nameOption = source.table === undefined ? {} : { name: source.table };
    const { divisor, ...options } = { ...nameOption, ...source.options } as TableOptions & { divisor?: unknown };
    if (options.stream === true && source.table !== undefined) {
      const problem = `has true, expected none: ${source.table} comes with the library and is read into memory`;
      throw new OptionError('readTable', 'stream', problem);
    }
    if (divisor !== undefined) {
      throw new OptionError('readTable', 'divisor', `has ${show(divisor)}, expected none: a table is scaled (--scale)`);
    }
    if (model.preprocessing !== undefined) {
      const { hasNewTarget } = model;
      const table = await readTableAs(source.path, model.preprocessing, options, hasNewTarget);
      const fullShares = sharesOf(table, shares);
      const split = { ...foldOptions(shares), ...fullShares, seed: SPLIT_SEED };
      const { sets, preprocessing } = splitTableAs(table, model.preprocessing, split, hasNewTarget);
      const imageSets = withShape(sets, source);
      const { warnings } = table;
      const preset = () => presetOf(imageSets, preprocessing);
      return { preset, shares: fullShares, sets: imageSets, warnings };
    }
    const { classNames } = model;
    const table = await readTable(source.path, { ...options, ...(classNames === undefined ? {} : { classNames }) });
    refuseOneClass(table, source.path);
    const fullShares = sharesOf(table, shares);
    const splitSets = splitTable(table, { ...foldOptions(shares), ...fullShares, seed: SPLIT_SEED });
    const sets = withShape(splitSets.sets, source);
    const openedDataset = { table, folds: shares.folds, ...splitSets };
    const preset = () => presetOf(sets, splitSets.preprocessing);
    return { preset, shares: fullShares, sets, table: openedDataset };
  });
}

/** Reads a text, whose sets follow one another; lines are dealt like the rows of a table. */
async function openText(
  source: FileSource,
  shares: Shares,
  flag: string,
  model: TextEncoding | undefined, // of the model that is evaluated
): Promise<OpenedDataset> {
  const options: TextOptions = { ...source.options, ...model };
  const { validation = 0.1, test = 0, folds } = shares;
  if (folds !== undefined) {
    const how =
      options.lines === true ? 'lines of a text are held out by share' : 'windows of a text are split by place';
    const problem = `has ${folds}, expected none: ${how} (--validation, --test)`;
    throw new OptionError('train', 'folds', problem);
  }
  const warnings = model === undefined ? await tableAmongTexts(source.path) : [];
  const sets = await withFileErrors(source, flag, () => loadText(source.path, { ...options, validation, test })).catch(
    (error) => {
      throw warnings.length === 0 || error instanceof OptionError
        ? error
        : new Error(`${reasonOf(error)}; ${warnings[0]}`, { cause: error });
    },
  );
  return { preset: () => textPreset, shares: { validation, test }, sets, decisions: textDecisions(sets), warnings };
}

/** Gives rows of a table of images their shape, if no column was left out. */
function withShape(sets: DataSplits, { table }: FileSource): DataSplits {
  const shape = table && tableShapes[table];
  if (shape === undefined || sizeOf(shape) !== sets.train.inputs.columns) return sets;
  const imageSets = Object.entries(sets).map(([part, set]) => [part, { ...set, inputs: { ...set.inputs, shape } }]);
  return Object.fromEntries(imageSets) as DataSplits;
}

function presetOf({ train }: DataSplits, preprocessing: TablePreprocessing): Preset {
  const parts = rowPartsOf(preprocessing);
  const { rows } = train;
  if (tokensOf(preprocessing) !== undefined) return textsPreset(rows);
  if (preprocessing.series !== undefined) return seriesPreset(rows);
  if (parts === undefined) return tablePreset(rows, fittedDecay(train));
  return { ...partsPreset(parts)(rows), ...defined({ network: imageNetwork(train.inputs.shape) }) };
}

/** Shares of a tenth each if the table has enough rows; each fold is the test set once. */
function sharesOf(
  { rows, series }: { readonly rows: number; readonly series?: TableSeries },
  shares: Shares,
): { validation: number; test: number } {
  const defaultShares = series === undefined ? tableShares(rows) : seriesShares(rows, series);
  const { validation = defaultShares.validation, test = shares.folds === undefined ? defaultShares.test : 0 } = shares;
  return { validation, test };
}

/** @throws OptionError for a share if the dataset already has that set. */
function refuseShare(set: 'validation' | 'test', share: number | undefined, original: DataSplits): void {
  if (share === undefined || share === 0 || original[set] === undefined) return;
  const problem = `has ${share}, expected none, since ${original.train.name} has its own ${set} set`;
  throw new OptionError('train', set, problem);
}

/** The sets of the dataset itself, and those split off from its training rows. */
function splitRows(
  original: DataSplits,
  { validation, test, ...shares }: Shares & { validation: number; test: number },
): DataSplits {
  const fold = foldOptions(shares);
  if (validation === 0 && test === 0 && fold.folds === undefined) return original;
  return { ...original, ...splitDataset(original.train, { ...fold, validation, test, seed: SPLIT_SEED }) };
}

/** The fold as an option of a split. */
const foldOptions = ({ folds, fold }: Shares): Pick<SplitOptions, 'folds' | 'fold'> =>
  folds === undefined ? {} : { folds, ...(fold === undefined ? {} : { fold }) };
