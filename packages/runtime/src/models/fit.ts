import { createTokenizer, dense, gelu, type LayerSpec, type Model, type NamedRow, sequential } from '@gradloom/core';
import {
  branchOutputs,
  checkList,
  checkObject,
  defineOptions,
  findNetwork,
  option,
  partsNetwork,
  rowPartsOf,
  tokensOf,
} from '@gradloom/core/internal';
import { sizesOfHeads } from '../data/dataset-of-head.ts';
import { readObjects } from '../data/tables/read-table.ts';
import { splitTable } from '../data/tables/split-table.ts';
import { type TableOptions, tableOptions } from '../data/tables/table-options.ts';
import { defaultLoss } from '../data/targets.ts';
import { type TrainOptions, trainOptions } from '../training/run/options.ts';
import type { TrainResult } from '../training/run/results.ts';
import { train } from '../training/run/trainer.ts';
import { createModel } from './model.ts';
import {
  countInputs,
  MIN_WATCHED_ROWS,
  partsDefaults,
  sequenceDefaults,
  tableDefaults,
  tableShares,
  textDefaults,
} from './table-defaults.ts';

const ofTable = tableOptions.table;
const optionsOfTables = {
  target: ofTable.target,
  targets: ofTable.targets,
  classNames: ofTable.classNames,
  columns: ofTable.columns,
  drop: ofTable.drop,
  weightColumn: ofTable.weightColumn,
  missing: ofTable.missing,
  scale: ofTable.scale,
  oneHotLimit: ofTable.oneHotLimit,
  tokenizer: ofTable.tokenizer,
  context: ofTable.context,
  size: ofTable.size,
  decimal: ofTable.decimal,
  thousands: ofTable.thousands,
  dateFormat: ofTable.dateFormat,
  split: ofTable.split,
  targetTransform: ofTable.targetTransform,
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
   * Layers between the inputs and the outputs.
   * @default [dense(256, { init: 'he-normal' }), gelu()], or for a column of texts alone an embedding and a gru of 64
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
  const { hidden, validation, test } = fitOptions.read(checkObject('fit', 'options', options, 'options'));
  const [tableRequest, runRequest] = divideOptions(options);
  const table = await readObjects('fit', rows, tableRequest);
  const shares = tableShares(table.rows);
  const { sets, preprocessing } = splitTable(table, {
    validation: validation ?? shares.validation,
    test: test ?? shares.test,
  });
  const { inputs, targets, classes, rows: trainRows } = sets.train;
  const texts = tokensOf(preprocessing);
  const parts = rowPartsOf(preprocessing);
  const defaults = texts !== undefined ? textDefaults : parts !== undefined ? partsDefaults : tableDefaults;
  const { batch, steps, patience, optimizer, schedule } = defaults(trainRows, countInputs(preprocessing.columns));
  const outputs = classes ?? targets.columns;
  const vocabulary = texts && createTokenizer(texts.tokenizer).size;
  const textNetwork =
    vocabulary === undefined || hidden !== undefined
      ? undefined
      : findNetwork(sequenceDefaults.network)?.builder({ vocabulary })([inputs.columns], outputs);
  const layers = [
    ...(hidden ?? [dense(256, { init: 'he-normal' }), gelu()]),
    dense(outputs, { init: 'glorot-uniform' }),
  ];
  const oneOutput =
    textNetwork ?? (parts === undefined ? sequential(inputs.columns, ...layers) : partsNetwork(parts, layers));
  const sizes = sizesOfHeads(sets.train, defaultLoss(sets.train, options.loss));
  const network = sizes === null ? oneOutput : branchOutputs(oneOutput, sizes);
  const isWatched = sets.validation !== undefined && sets.validation.rows >= MIN_WATCHED_ROWS;
  const result = await train(network, sets, {
    ...(options.batchSize === undefined ? { batch: Math.min(batch, trainRows) } : {}),
    optimizer,
    schedule,
    ...(options.epochs === undefined ? { steps } : {}),
    ...(isWatched ? { patience } : {}),
    ...runRequest,
  });
  return { ...createModel(result), result };
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
