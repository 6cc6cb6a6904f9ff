import {
  createTokenizer,
  dense,
  gelu,
  type LayerSpec,
  type Model,
  type NamedRow,
  OptionError,
  type StartingModel,
  sequential,
  type TablePreprocessing,
} from '@gradloom/core';
import {
  branchOutputs,
  checkList,
  checkObject,
  defineOptions,
  findNetwork,
  ofTable,
  option,
  partsNetwork,
  rowPartsOf,
  tokensOf,
} from '@gradloom/core/internal';
import { sizesOfHeads } from '../data/dataset-of-head.ts';
import { readObjects } from '../data/tables/read-table.ts';
import { splitTable, splitTableAs } from '../data/tables/split-table.ts';
import { type TableOptions, tableOptions } from '../data/tables/table-options.ts';
import { defaultLoss } from '../data/targets.ts';
import { type TrainOptions, trainOptions } from '../training/run/options.ts';
import type { TrainResult } from '../training/run/results.ts';
import { train } from '../training/run/trainer.ts';
import { fittedDecay } from './fitted-decay.ts';
import { createModel } from './model.ts';
import {
  imageDefaults,
  imageNetwork,
  MIN_WATCHED_ROWS,
  partsDefaults,
  sequenceDefaults,
  type TableDefaults,
  tableDefaults,
  tableShares,
  textDefaults,
} from './table-defaults.ts';

const statedOptions = tableOptions.table;
const optionsOfTables = {
  target: statedOptions.target,
  targets: statedOptions.targets,
  labelSeparator: statedOptions.labelSeparator,
  classNames: statedOptions.classNames,
  columns: statedOptions.columns,
  drop: statedOptions.drop,
  weightColumn: statedOptions.weightColumn,
  missing: statedOptions.missing,
  scale: statedOptions.scale,
  ramps: statedOptions.ramps,
  oneHotLimit: statedOptions.oneHotLimit,
  tokenizer: statedOptions.tokenizer,
  context: statedOptions.context,
  size: statedOptions.size,
  decimal: statedOptions.decimal,
  thousands: statedOptions.thousands,
  dateFormat: statedOptions.dateFormat,
  dateParts: statedOptions.dateParts,
  split: statedOptions.split,
  targetTransform: statedOptions.targetTransform,
};

const fitOptions = defineOptions('fit', {
  ...trainOptions.table,
  ...optionsOfTables,
  hidden: option.kind((where, name, value) =>
    checkList<LayerSpec>(where, name, value as LayerSpec[], 'a list of layers'),
  )(),
  validation: option.fraction(),
  test: option.fraction(),
});

/** Options of `fit`: those of `train`, those of a table, and three of its own. */
export interface FitOptions extends TrainOptions, Pick<TableOptions, keyof typeof optionsOfTables> {
  /**
   * Trains this model of a table further, with its network, and rows encoded as it does; or what `adaptModel` made of
   * it, of which one with new outputs learns the target of the options.
   * @default a new network
   */
  from?: StartingModel;
  /**
   * Layers between the inputs and the outputs.
   * @default [dense(256, { init: 'he-normal' }), gelu()]; for a column of texts alone an embedding and a gru of 64, and
   * for one of images alone the network `convnet`
   */
  hidden?: readonly LayerSpec[];
  /** Share of the rows held out to find the best weights. @default 0.1, or 0 for fewer than 50 rows */
  validation?: number;
  /** Share of the rows held out to measure the model at the end. @default 0.1, or 0 for fewer than 50 rows */
  test?: number;
}

/** A model and the run that trained it. */
export interface FittedModel extends Model {
  /** The result of the run. `result.test` measures the model on rows that it has not seen. */
  readonly result: TrainResult;
}

/**
 * Trains a network on rows of numbers, words, truth values, dates and gaps, and returns a model that answers such rows.
 * Options that are not given have the values of `gradloom train` for a table, and the model has its bits: types of
 * columns are found from all rows, and a tenth of the rows each is held out for validation and for the test.
 *
 * `const species = await fit(rows, { target: 'species' })`, then `species.predict([{ bill: 39.1, island: 'Dream' }])`.
 * @param rows objects by column name; a key that is missing, null or '' is a gap.
 * @throws OptionError (rejects) for an option, Error for a row or a column that does not fit.
 */
export async function fit<Row extends NamedRow<Row>>(
  rows: readonly Row[],
  options: FitOptions = {},
): Promise<FittedModel> {
  const { hidden, validation, test, from } = fitOptions.read(checkObject('fit', 'options', options, 'options'));
  const [tableRequest, runRequest] = divideOptions(options);
  const before = from === undefined ? null : tableBefore(from, options);
  const hasNewTarget = before?.target.length === 0;
  const table = await readObjects('fit', rows, tableRequest, { preprocessing: before, hasNewTarget });
  const defaultShares = tableShares(table.rows);
  const shares = { validation: validation ?? defaultShares.validation, test: test ?? defaultShares.test };
  const { sets, preprocessing } =
    before === null ? splitTable(table, shares) : splitTableAs(table, before, shares, hasNewTarget);
  const { inputs, targets, classes, rows: trainRows } = sets.train;
  const texts = tokensOf(preprocessing);
  const parts = rowPartsOf(preprocessing);
  const networkName = hidden !== undefined ? undefined : texts ? sequenceDefaults.network : imageNetwork(inputs.shape);
  const defaults: Omit<TableDefaults, 'hidden' | 'activation' | 'epochs'> =
    texts !== undefined
      ? textDefaults(trainRows)
      : networkName !== undefined
        ? imageDefaults(trainRows)
        : parts === undefined
          ? tableDefaults(trainRows, fittedDecay(sets.train))
          : partsDefaults(parts)(trainRows);
  const { batch, steps, patience, optimizer, schedule } = defaults;
  const loss = options.loss ?? from?.loss;
  const outputs = classes ?? targets.columns;
  const vocabulary = texts && createTokenizer(texts.tokenizer).size;
  const { shape = [inputs.columns] } = inputs;
  const knownNetwork =
    networkName && findNetwork(networkName)?.builder(vocabulary === undefined ? {} : { vocabulary })(shape, outputs);
  const layers = [
    ...(hidden ?? [dense(256, { init: 'he-normal' }), gelu()]),
    dense(outputs, { init: 'glorot-uniform' }),
  ];
  const oneOutput =
    knownNetwork ?? (parts === undefined ? sequential(inputs.columns, ...layers) : partsNetwork(parts, layers));
  const sizes = from === undefined ? sizesOfHeads(sets.train, defaultLoss(sets.train, loss)) : null;
  const network = from?.spec ?? (sizes === null ? oneOutput : branchOutputs(oneOutput, sizes));
  const isWatched = sets.validation !== undefined && sets.validation.rows >= MIN_WATCHED_ROWS;
  const result = await train(network, sets, {
    ...(options.batchSize === undefined ? { batch: Math.min(batch, trainRows) } : {}),
    optimizer,
    schedule,
    ...(options.epochs === undefined && options.minutes === undefined ? { steps } : {}),
    ...(isWatched && patience !== undefined ? { patience } : {}),
    ...(loss === undefined ? {} : { loss }),
    ...runRequest,
  });
  return { ...createModel(result), result };
}

/** Options of a table that a model has already, and layers that it does not take. */
const OF_NEW_NETWORKS = [
  ...(['hidden', 'columns', 'drop', 'scale', 'ramps', 'oneHotLimit', 'tokenizer', 'context', 'size'] as const),
  ...(['decimal', 'thousands', 'dateFormat', 'dateParts'] as const),
];

/**
 * How a model that is trained further reads a table.
 * @throws OptionError for another kind of model, and for options that the model has itself.
 */
function tableBefore({ preprocessing }: StartingModel, options: FitOptions): TablePreprocessing {
  const table = ofTable(preprocessing);
  if (table === undefined || table.series !== undefined) {
    const actual = table === undefined ? 'another model' : 'a model of a series';
    throw new OptionError('fit', 'from', `has ${actual}, expected one of a table (train takes any)`);
  }
  const stray = OF_NEW_NETWORKS.find((name) => options[name] !== undefined);
  if (stray === undefined) return table;
  throw new OptionError('fit', [stray, 'from'], 'is given with from, expected none: the model has its own');
}

/** The options of a table, and those of a run. */
function divideOptions(options: FitOptions): [TableOptions, TrainOptions] {
  const { hidden: _, validation: _v, test: _t, ...others } = options;
  const entries = Object.entries(others).filter(([, value]) => value !== undefined);
  const isOfTable = ([name]: [string, unknown]) => name in optionsOfTables;
  return [
    Object.fromEntries(entries.filter(isOfTable)),
    Object.fromEntries(entries.filter((entry) => !isOfTable(entry))),
  ];
}
