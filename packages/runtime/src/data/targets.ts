import {
  type Elements,
  type ElementType,
  type Loss,
  type LossSpec,
  type Network,
  OptionError,
  type Pausable,
  type Shape,
} from '@gradloom/core';
import {
  channelsOf,
  checkFloat32,
  checkObject,
  classesOfProbabilities,
  flattenAdvice,
  type HeadTask,
  hasHeads,
  headTasks,
  ofTable,
  positionsOf,
  shapeText,
  show,
  showName,
  sizeOf,
  targetColumns,
  within,
} from '@gradloom/core/internal';
import { checkDataset } from './check-dataset.ts';
import { checkInput, NUMBERS_PER_TURN } from './check-input.ts';
import type { Dataset, TargetHead } from './dataset.ts';
import { headsOfDataset } from './dataset-of-head.ts';
import { gatherRows, type RowReader } from './gather.ts';
import { hasOwnTargets } from './input-targets.ts';

/**
 * The loss of targets by default: that of classes, of probabilities of classes or of values; of several outputs that of
 * each not given. Columns of a table that all have two classes are labels: each has one output with a sigmoid by
 * default, and one loss given is that of each.
 */
export function defaultLoss(dataset: Dataset, requestedLoss?: LossSpec): LossSpec {
  checkObject('defaultLoss', 'dataset', dataset, 'a dataset');
  const lossOfValues =
    classesOfProbabilities(dataset.preprocessing?.target) !== undefined ? 'soft-target-cross-entropy' : 'mse';
  const lossOf = ({ classes }: Pick<Dataset, 'classes'>) => (classes === null ? lossOfValues : 'softmax-cross-entropy');
  const heads = hasHeads(requestedLoss) ? headsOfDataset(dataset) : dataset.heads;
  if (heads === undefined) return requestedLoss ?? lossOf(dataset);
  if (heads.some(({ name }) => name === 'kind')) {
    const problem = 'has the target "kind" beside others, expected another name (rename the column)';
    throw new OptionError('train', 'dataset', problem, { about: showName(dataset.name) });
  }
  const areLabels =
    heads.length > 1 && ofTable(dataset.preprocessing) !== undefined && heads.every(({ classes }) => classes === 2);
  const lossOfHeads = Object.fromEntries(
    heads.map((head) => [head.name, areLabels ? 'binary-cross-entropy' : lossOf(head)] as const),
  );
  if (requestedLoss === undefined || hasHeads(requestedLoss)) return { ...lossOfHeads, ...requestedLoss };
  return areLabels ? (Object.fromEntries(heads.map(({ name }) => [name, requestedLoss])) as LossSpec) : requestedLoss;
}

/** How a network and its loss take targets. */
export interface TargetForm {
  /** Numbers per row. */
  readonly columns: number;
  readonly targets: Loss['targets'];
  /** The outputs of a network with several; null for one. */
  readonly heads: readonly HeadTask[] | null;
  /** A row of a dataset's targets. */
  readonly row: Float64Array;
  /** The columns of each dataset that has been read, for several outputs. */
  readonly sources: WeakMap<Dataset, readonly HeadSource[]>;
}

/** An output, and the columns of a dataset with its targets. */
interface HeadSource {
  readonly task: HeadTask;
  readonly from: ReturnType<typeof columnsOfHead>;
}

export const targetFormOf = (network: Network, loss: Loss): TargetForm => {
  const heads = headTasks(network, loss);
  const row = new Float64Array(heads === null ? 0 : network.outputs);
  return { columns: targetColumns(network, loss), targets: loss.targets, heads, row, sources: new WeakMap() };
};

/** The one output with targets, whose dataset need not name it. */
const isOnlyTarget = (task: HeadTask, tasks: readonly HeadTask[]): boolean =>
  tasks.every((other) => other === task || other.loss.targets === 'none');

/** The targets of an output in a row of the dataset; undefined if there are none. */
export function columnsOfHead(
  dataset: Dataset,
  task: HeadTask,
  tasks: readonly HeadTask[],
): (TargetHead & { readonly start: number }) | undefined {
  const { targets, classes } = dataset;
  if (dataset.heads === undefined && isOnlyTarget(task, tasks)) {
    return { name: task.name, columns: targets.columns, classes, start: 0 };
  }
  const heads = headsOfDataset(dataset) ?? [];
  const k = heads.findIndex(({ name }) => name === task.name);
  const start = heads.slice(0, k).reduce((sum, { columns }) => sum + columns, 0);
  return k === -1 ? undefined : { ...heads[k], start };
}

/** The columns of a dataset that each output takes. They are found once, as steps take no memory. */
function sourcesOf({ heads, sources }: TargetForm, dataset: Dataset): readonly HeadSource[] {
  const cachedTargets = sources.get(dataset);
  if (cachedTargets !== undefined) return cachedTargets;
  const columnsOfHeads = heads?.map((task) => ({ task, from: columnsOfHead(dataset, task, heads) })) ?? [];
  sources.set(dataset, columnsOfHeads);
  return columnsOfHeads;
}

/** Spreads rows of a dataset's targets, packed at the front of `out`, to those of several outputs. */
function spreadHeads(out: Elements, dataset: Dataset, form: TargetForm, count: number): void {
  const { columns, row } = form;
  const width = dataset.targets.columns;
  const sources = sourcesOf(form, dataset);
  for (let n = count - 1; n >= 0; n--) {
    for (let c = 0; c < width; c++) row[c] = out[n * width + c];
    for (const { task, from } of sources) {
      if (from === undefined || task.loss.targets === 'none') continue;
      const start = n * columns + task.targetStart;
      const isSpread = from.classes !== null && task.loss.targets !== 'classes' && task.targetColumns > 1;
      for (let c = 0; c < task.targetColumns; c++) out[start + c] = isSpread ? 0 : row[from.start + c];
      if (isSpread) out[start + row[from.start]] = 1;
    }
  }
}

/**
 * Gathers the targets of `count` rows in the form that the loss takes: class indices, one-hot rows if the loss takes
 * vectors, or the index itself if the network has one output. Overwrites `out`.
 */
export function gatherTargets(
  out: Elements, // [count, columns] out
  dataset: Dataset,
  form: TargetForm,
  order: Uint32Array | null, // [N], null: file order
  first: number,
  count: number,
  reader?: RowReader,
): void {
  const { columns, targets, heads } = form;
  if (targets === 'none') return;
  gatherRows(out, dataset.targets, order, first, count, reader);
  if (heads !== null) spreadHeads(out, dataset, form, count);
  if (heads !== null || dataset.classes === null || targets === 'classes' || columns === 1) return;
  // The indices are packed at the front of `out`. Expanding from the last row keeps each from being overwritten before
  // it is read.
  for (let n = count - 1; n >= 0; n--) {
    const label = out[n];
    out.fill(0, n * columns, (n + 1) * columns);
    out[n * columns + label] = 1;
  }
}

/** Whether each row has a class for each of its positions, where -1 is a position that does not count. */
export function hasTargetsByPosition(dataset: Dataset): boolean {
  checkObject('hasTargetsByPosition', 'dataset', dataset, 'a dataset');
  const { classes, targets } = dataset;
  if (classes === null) return false;
  checkObject('hasTargetsByPosition', 'dataset.targets', targets, '{ array, columns, divisor }');
  return targets.columns > 1;
}

/** Number of positions in each row that count [N]; null if all positions do, or if rows have one target. */
export function* countedPositions(dataset: Dataset): Pausable<Uint32Array<SharedArrayBuffer> | null> {
  const { rows, targets, lengths } = dataset;
  const { array, columns, step = columns, places, file } = targets;
  if (!hasTargetsByPosition(dataset)) return null;
  // Targets in a file are tokens of one text, which all count, or of lines, which count up to their lengths.
  if (file !== undefined && lengths === undefined) return null;
  const positionCounts = new Uint32Array(new SharedArrayBuffer(4 * rows));
  let areAllCounted = true;
  for (let n = 0; n < rows; n++) {
    const start = (places?.[n] ?? n) * step;
    if (file !== undefined) positionCounts[n] = lengths?.array[n] ?? columns;
    else for (let i = start; i < start + columns; i++) if (array[i] >= 0) positionCounts[n]++;
    areAllCounted &&= positionCounts[n] === columns;
    if (n % NUMBERS_PER_TURN === 0) yield;
  }
  return areAllCounted ? null : positionCounts;
}

/** @throws OptionError if the dataset is invalid or does not fit the network's input, its output or the loss. */
export function* checkFit(where: string, network: Network, loss: Loss, dataset: Dataset): Pausable<void> {
  const { name, targets, classes } = dataset;
  try {
    yield* checkDataset(`${where}: ${showName(name)}`, dataset);
  } catch (error) {
    throw error instanceof OptionError ? error.inside('dataset') : error;
  }
  yield* checkInput(where, network, dataset);
  const columnsAre = hasOwnTargets(dataset) ? 'inputs, which are the targets,' : 'numbers per target';
  const tasks = headTasks(network, loss);
  if (tasks === null) {
    const { heads } = dataset;
    if (heads !== undefined) {
      const names = heads.map((head) => show(head.name)).join(', ');
      const problem = `has ${loss.name}, expected one for each of the targets ${names} of ${showName(name)}`;
      throw new OptionError(where, ['loss', 'layers', 'dataset'], problem, { about: 'the loss' });
    }
    const wholeOutput = { what: "the network's output", shape: network.output, advice: flattenAdvice(network) };
    return checkTargets(where, wholeOutput, loss, name, { columns: targets.columns, classes }, columnsAre);
  }
  const hasOneTarget = tasks.filter((task) => task.loss.targets !== 'none').length === 1;
  for (const head of (hasOneTarget ? dataset.heads : headsOfDataset(dataset)) ?? []) {
    if (tasks.some((task) => task.name === head.name && task.loss.targets !== 'none')) continue;
    const problem = `has none named ${show(head.name)} with a loss, expected one for each target of ${showName(name)}`;
    throw new OptionError(where, ['layers', 'dataset'], problem, { about: "the network's outputs" });
  }
  for (const task of tasks) {
    if (task.loss.targets === 'none') continue;
    const what = `output ${show(task.name)}`;
    const head = columnsOfHead(dataset, task, tasks);
    if (head === undefined) {
      const problem = `has no targets in ${showName(name)}, expected a head of that name`;
      throw new OptionError(where, ['layers', 'dataset'], problem, { about: what });
    }
    checkTargets(where, { what, shape: task.shape, advice: '' }, task.loss, name, head, columnsAre);
  }
}

/** @throws OptionError if targets do not fit an output or its loss. */
function checkTargets(
  where: string,
  output: { readonly what: string; readonly shape: Shape; readonly advice: string },
  loss: Loss,
  name: string,
  { columns, classes }: { readonly columns: number; readonly classes: number | null },
  columnsAre: string,
): void {
  const { shape } = output;
  const size = sizeOf(shape);
  const failOutput = (expected: number | string, why: string): never => {
    const problem = `has ${shapeText(shape)}, expected ${expected} (${why} of ${showName(name)})${output.advice}`;
    throw new OptionError(where, ['layers', 'dataset'], problem, { about: output.what });
  };
  if (loss.targets === 'none') return;
  if (loss.targets === 'classes') {
    if (classes === null) {
      const problem = `has values, expected class indices for ${loss.name} (mse takes values)`;
      throw new OptionError(where, ['loss', 'dataset'], problem, { about: `the target of ${showName(name)}` });
    } else if (channelsOf(shape) !== classes || positionsOf(shape) !== columns) {
      if (columns === 1) failOutput(classes, 'classes');
      failOutput(`[${columns}, ${classes}]`, 'classes of each position');
    }
  } else if (classes !== null && columns > 1) {
    const problem = `has ${loss.name}, expected softmax-cross-entropy (each position of ${showName(name)} has a class)`;
    throw new OptionError(where, ['loss', 'dataset'], problem, { about: 'the loss' });
  } else if (classes !== null) {
    const fits = size === classes || (classes === 2 && size === 1);
    if (!fits) failOutput(classes, 'classes');
  } else if (columns !== size) {
    failOutput(columns, columnsAre);
  }
}

/** @throws OptionError if a divisor of the dataset becomes 0 or infinite as a float. */
export function checkDivisors(where: string, { name, inputs, targets }: Dataset, type: ElementType): void {
  if (type === 'float64') return;
  within('dataset', () => {
    checkFloat32(`${where}: ${showName(name)}`, 'inputs.divisor', inputs.divisor);
    for (const [c, deviation] of (inputs.scale?.deviation ?? []).entries()) {
      checkFloat32(`${where}: ${showName(name)}`, `inputs.scale.deviation.${c}`, deviation);
    }
    checkFloat32(`${where}: ${showName(name)}`, 'targets.divisor', targets.divisor);
  });
}
