import { createRandom, type Model, OptionError, type Pausable, shuffle } from '@gradloom/core';
import {
  checkObject,
  createColumnEncoder,
  createSpread,
  defineOptions,
  type FigureName,
  figures,
  figuresOf,
  inInputOrder,
  type Named,
  type OptionsOf,
  ofTable,
  option,
  rowPartsOf,
  type Scoring,
  scoreInto,
  show,
  showName,
  tokensOf,
  unitFigures,
  viewOf,
} from '@gradloom/core/internal';
import { checkDataset } from '../data/check-dataset.ts';
import { type DataMatrix, type Dataset, hasWindows } from '../data/dataset.ts';
import { headsOfDataset } from '../data/dataset-of-head.ts';
import { sharedArrayLike } from '../data/number-types.ts';
import { countedPositions, defaultLoss } from '../data/targets.ts';
import type { BackendChoice } from '../engine/backends/backend-choices.ts';
import type { OutputReader } from '../engine/evaluation/figures.ts';
import { inTurns } from '../system/turns/in-turns.ts';
import type { Retry } from '../training/faults/recovery.ts';
import { evaluateModel, scoringOf } from './evaluate-model.ts';

const explainOptions = defineOptions('explainModel', {
  /** The figure that is watched, such as 'roc-auc'. @default 'accuracy' for classes, 'r2' for values */
  metric: option.unchecked<string>(),
  /** How often each column is shuffled. @default 5 */
  repeats: option.positiveInteger(5),
  /** Seed of the shuffles. @default 0 */
  seed: option.count(0),
  /** Worker threads. Their number never changes the result. @default all cores */
  threads: option.positiveInteger(),
  /** The backend. @default 'auto' */
  backend: option.unchecked<BackendChoice>(),
  /** Path of the library that the blas backend loads. @default found by name */
  blas: option.unchecked<string>(),
  /** Called with a sentence if memory is short and fewer threads are used. */
  onWarning: option.unchecked<(message: string) => void>(),
  /** Called when a thread has failed and its work is repeated. */
  onRetry: option.unchecked<(retry: Retry) => void>(),
  /** Called with the share of the work that is done. */
  onProgress: option.unchecked<(done: number) => void>(),
});

/** Options of `explainModel`. */
export interface ExplainOptions extends OptionsOf<typeof explainOptions.table>, Named {}

/** Importance of a column for a model. */
export interface Importance {
  /** The column's name; for a model of plain numbers the index of the input, from 0. */
  readonly name: string;
  /** How much worse the figure gets when the column is shuffled: the mean over the repeats. */
  readonly mean: number;
  /** Population standard deviation over the repeats. */
  readonly deviation: number;
  /** The difference of the figure in each repeat, with the sign that makes useful columns positive. */
  readonly values: readonly number[];
}

/** Importance of all columns. */
export interface Explanation {
  /** The watched figure. */
  readonly metric: string;
  /** Whether a higher figure is better. */
  readonly better: 'higher' | 'lower';
  /** The figure on unshuffled rows. */
  readonly baseline: number;
  /** Number of rows. */
  readonly rows: number;
  /** How often each column was shuffled. */
  readonly repeats: number;
  /** The columns, in their order. */
  readonly importances: readonly Importance[];
}

/** Bytes of shuffled rows made at once, unless one copy of all rows takes more. */
const MAX_BYTES = 2 ** 26;

/**
 * Permutation importance: how much worse a figure of the model gets when a column is shuffled among the rows and so
 * loses its information. A column that the model does not use has 0. Columns with the same information each have
 * little, since the model may still read the others. The result depends only on model, rows, figure, repeats and seed.
 * [Breiman 2001, §10](https://doi.org/10.1023/A:1010933404324), with repeats as in scikit-learn.
 * @throws Error (rejects) as `evaluateModel` does; OptionError for a figure that does not fit the model.
 */
export async function explainModel(model: Model, dataset: Dataset, options: ExplainOptions = {}): Promise<Explanation> {
  checkObject('explainModel', 'model', model, 'a model');
  await inTurns(checkDataset('explainModel', dataset));
  if (dataset.starts === undefined && hasWindows(dataset)) {
    const expected = 'rows on their own: to shuffle one among windows of a series would change others';
    throw new Error(`explainModel: ${showName(dataset.name)} has windows that share rows, expected ${expected}`);
  }
  if (tokensOf(model.preprocessing) !== undefined) {
    throw new Error(
      'explainModel: the model has a column of texts alone, expected others (explainTexts explains tokens)',
    );
  }
  const { metric: requested, repeats, seed, onProgress, ...machine } = explainOptions.read(options);
  const lossSpec = defaultLoss(dataset, model.loss);
  const scoring = scoringOf(model, dataset);
  const metric = figureOf(requested, scoring, (headsOfDataset(dataset) ?? []).length > 1);
  const { better } = figures[metric];
  const threshold = model.metadata.threshold ?? scoring.threshold;
  const groups = groupsOf(model, dataset.inputs.columns);
  // The unshuffled rows, then a copy for each column and repeat.
  const total = 1 + groups.length * repeats;
  const bytes = dataset.inputs.array.BYTES_PER_ELEMENT * dataset.inputs.columns + 8 * dataset.targets.columns;
  const maxCopies = Math.max(1, Math.floor(MAX_BYTES / (bytes * dataset.rows)));
  // If positions have targets, a reader gets a row for each position that counts.
  const positionCounts = await inTurns(countedPositions(dataset));
  const rowsOfCopy =
    positionCounts?.reduce((sum, count) => sum + count, 0) ??
    dataset.rows * (scoring.hasPositions ? dataset.targets.columns : 1);
  const figureOfCopy: number[] = [];
  for (let first = 0; first < total; first += maxCopies) {
    const copies = Math.min(maxCopies, total - first);
    const shuffledCopies = await inTurns(copiesOf(dataset, groups, { first, copies, repeats, seed }));
    const reader = valuesOf(metric, { ...scoring, threshold }, rowsOfCopy, figureOfCopy);
    await evaluateModel(model.spec, model.parameters, shuffledCopies, {
      ...Object.fromEntries(Object.entries(machine).filter(([, value]) => value !== undefined)),
      loss: lossSpec,
      ...(model.parts === undefined ? {} : { parts: model.parts }),
      readers: [reader],
    });
    onProgress?.((first + copies) / total);
  }
  const [baseline, ...values] = figureOfCopy;
  if (Number.isNaN(baseline) && metric === 'mape') {
    throw new OptionError(
      'explainModel',
      'metric',
      'has mape, expected another figure, since a target is 0 or nearly 0',
    );
  }
  const sign = better === 'higher' ? 1 : -1;
  const importances = groups.map(({ name }, g) => {
    const falls = values.slice(g * repeats, (g + 1) * repeats).map((value) => sign * (baseline - value));
    return { name, ...spreadOf(falls), values: falls };
  });
  return { metric, better, baseline, rows: dataset.rows, repeats, importances };
}

function figureOf(requested: string | undefined, scoring: Scoring, isOfSeveral: boolean): FigureName {
  const names = figuresOf(scoring).filter((name) => !isOfSeveral || !unitFigures.has(name));
  if (requested === undefined) return scoring.task === 'values' ? 'r2' : 'accuracy';
  const name = names.find((candidate) => candidate === requested);
  if (name !== undefined) return name;
  const isUnit = unitFigures.has(requested as FigureName) && isOfSeveral;
  const why = isUnit ? ' (several targets have no common unit)' : '';
  throw new OptionError('explainModel', 'metric', `has ${show(requested)}, expected one of ${names.join(', ')}${why}`);
}

/** Network inputs that are shuffled together. */
interface Group {
  readonly name: string;
  readonly first: number;
  readonly inputs: number;
  /** Of a text beside other columns: the index of its lengths in a row. */
  readonly part?: number;
}

/** The inputs of each column of the table, or each input alone. */
function groupsOf({ preprocessing }: Model, I: number): Group[] {
  const table = ofTable(preprocessing);
  if (table === undefined) return Array.from({ length: I }, (_, i) => ({ name: String(i), first: i, inputs: 1 }));
  const parts = rowPartsOf(table)?.length ?? 0;
  const columns = inInputOrder(table.columns);
  let first = 0;
  return columns.map((column, c) => {
    const { length } = createColumnEncoder(column).inputs;
    const hasLengths = column.type === 'text'; // the last parts are a column each
    const group = { name: column.name, first, inputs: length, ...(hasLengths && { part: c + parts - columns.length }) };
    first += length;
    return group;
  });
}

interface Copies {
  readonly first: number;
  readonly copies: number;
  readonly repeats: number;
  readonly seed: number;
}

/** Copies of the rows, one after another: copy 0 unshuffled, each other one with one column shuffled. */
function* copiesOf(
  dataset: Dataset,
  groups: readonly Group[],
  { first, copies, repeats, seed }: Copies,
): Pausable<Dataset> {
  const { rows: N, inputs, targets, weights: _, starts: _starts, lengths, ...rest } = dataset;
  const x = repeatRows(inputs, N, copies);
  const repeatedLengths = lengths && repeatRows(lengths, N, copies);
  yield;
  const { columns } = inputs;
  for (let copy = 0; copy < copies; copy++) {
    const repeat = first + copy - 1; // over all columns; copy 0 is unshuffled
    if (repeat < 0) continue;
    const { first: input, inputs: width, part } = groups[Math.floor(repeat / repeats)];
    const order = Uint32Array.from({ length: N }, (_, n) => n);
    shuffle(order, createRandom(seed, 'explain', repeat));
    for (let n = 0; n < N; n++) {
      const to = (copy * N + n) * columns + input;
      const from = order[n] * columns + input;
      for (let i = 0; i < width; i++) x.array[to + i] = inputs.array[from + i];
      if (part === undefined || lengths === undefined || repeatedLengths === undefined) continue;
      const L = lengths.columns;
      repeatedLengths.array[(copy * N + n) * L + part] = lengths.array[order[n] * L + part];
    }
    yield;
  }
  const others = {
    targets: repeatRows(targets, N, copies),
    ...(repeatedLengths === undefined ? {} : { lengths: repeatedLengths }),
  };
  return { ...rest, rows: copies * N, inputs: x, ...others };
}

function repeatRows(matrix: DataMatrix, rows: number, copies: number): DataMatrix {
  const length = rows * matrix.columns;
  const array = sharedArrayLike(matrix.array, copies * length);
  const once = matrix.array.length === length ? matrix.array : matrix.array.slice(0, length);
  for (let copy = 0; copy < copies; copy++) array.set(once, copy * length);
  return { ...matrix, array };
}

/** A reader that appends the figure of each copy (N rows) to `figureOfCopy`. */
function valuesOf(name: FigureName, scoring: Scoring, N: number, figureOfCopy: number[]): OutputReader {
  const { outputs, columns, task, threshold } = scoring;
  let metric = figures[name].metric(task, threshold);
  let rows = 0;
  const add: OutputReader['add'] = (y, t, B, O) => {
    for (let from = 0; from < B; ) {
      const count = Math.min(B - from, N - rows);
      metric.add(viewOf(y, from * outputs, count * outputs), viewOf(t, from * columns, count * columns), count, O);
      from += count;
      rows += count;
      if (rows < N) continue;
      figureOfCopy.push(metric.value());
      metric = figures[name].metric(task, threshold);
      rows = 0;
    }
  };
  // Ranking figures keep the scores of a copy to sort them: about 16 bytes each, and 64 per row.
  return { add: scoreInto(scoring, [{ add }]), bytes: figures[name].keepsRows ? N * (16 * outputs + 64) : 0 };
}

function spreadOf(values: readonly number[]): { mean: number; deviation: number } {
  const { add, mean, deviation } = createSpread();
  for (const value of values) add(value);
  return { mean: mean(), deviation: deviation() };
}
