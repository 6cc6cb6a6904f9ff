import { InputError, type Loss, type Metric, metrics, type Network, type Pausable } from '@gradloom/core';
import { perplexityOf, show, targetColumns, targetPositions, viewOf } from '@gradloom/core/internal';
import type { SharedNumbers, Transfer } from '../../cluster/cluster.ts';
import { alone, type Lockstep } from '../../cluster/lockstep.ts';
import type { Dataset } from '../../data/dataset.ts';
import { anyRows } from '../../data/file-rows.ts';
import { FILE_ORDER } from '../../data/gather.ts';
import { gatherTargets, type TargetForm, targetFormOf } from '../../data/targets.ts';
import { inTurns } from '../../system/turns/in-turns.ts';
import { collectsOutputs, rowsPerTurn } from '../memory/run-memory.ts';
import { EVALUATION_ROWS } from '../memory/thread-scratch.ts';
import type { Pool } from '../threads/pool.ts';
import type { BadRow, EvaluationTask, InferenceSetup, RunSetup, TeamSetup } from '../threads/protocol.ts';
import { runOnTeam } from '../threads/span.ts';
import { moveCountedToFront, type OutputReader } from './figures.ts';
import { createHeadReader, figuresOfAll, type HeadFigures, tasksOfValues } from './head-figures.ts';
import { addTallies, hasSurprise, TALLIES, TALLY } from './tally.ts';
import { lossUnit, toTargetUnits } from './target-units.ts';

/** Loss and metrics of a network on a set of rows. A metric that does not apply is absent. */
export interface Evaluation {
  /** Number of rows. */
  readonly rows: number;
  /** Number of positions that count, over which figures are means. Only if each position of a row has a class. */
  readonly positions?: number;
  /** Mean loss over the rows, in units of the targets, or over the positions that count. */
  readonly loss: number;
  /**
   * Mean loss weighted by the run's row and class weights; used by early stopping, plateau schedules and the best
   * checkpoint. Absent if every row counts 1, and for several outputs, whose plain loss decides.
   */
  readonly weightedLoss?: number;
  /** Share of rows classified correctly, from 0 to 1. A row with outputs that are not finite is wrong. Classes only. */
  readonly accuracy?: number;
  /** e^loss of softmax cross-entropy without label smoothing. Only if each position of a row has a class. */
  readonly perplexity?: number;
  /** Mean absolute error, in units of the targets. Values only; several targets of a table have theirs in `heads`. */
  readonly mae?: number;
  /** Root of the mean squared error, in units of the targets. As `mae`. */
  readonly rmse?: number;
  /** R²: 1 if every prediction is exact, 0 if they are no better than the mean of the targets. Values only. */
  readonly r2?: number;
  /** Values of custom metrics by name. Absent if there are none. */
  readonly metrics?: Readonly<Record<string, number>>;
  /** Number of rows with an output that is not finite. Absent if there are none. */
  readonly unanswered?: number;
  /**
   * Figures of each target by name, for several outputs or an output of several values. `loss` above is, for several
   * outputs, the sum of their losses, each times its weight, in which an output whose positions have classes is a mean
   * by row: here it is one over all that count.
   */
  readonly heads?: Readonly<Record<string, HeadFigures>>;
}

export interface EvaluationRun {
  network: Network;
  loss: Loss;
  threads: number;
  chunks: number; // number of chunks whose outputs are held at once; does not change results
  attempt: <T>(work: () => Promise<T>) => Promise<T>; // repeats work after a thread failed
  lockstep?: Lockstep; // ranks that share the rows; default: this process alone
  threadsOf?: readonly number[]; // threads of each rank: rows are divided in proportion
  readers?: readonly OutputReader[] | undefined;
  scaledReaders?: readonly OutputReader[]; // read outputs and targets before they are converted to the targets' units
  weighsPositions?: boolean; // whether to compute the weighted loss of positions, default false
}

/**
 * Evaluates a dataset with the current weights, on the threads of the run; only between spans. Each rank computes some
 * chunks of the outputs; rank 0 reads all in order, and all ranks return its figures.
 * @throws InputError (rejects) naming the first row that a layer refuses.
 */
export async function evaluateDataset(
  pool: Pool,
  setup: RunSetup | InferenceSetup,
  dataset: Dataset,
  { network, loss, threads, chunks: chunksAtOnce, attempt, ...run }: EvaluationRun,
): Promise<Evaluation> {
  const { lockstep = alone, threadsOf = [threads], scaledReaders = [], weighsPositions = false } = run;
  const { readers: extraReaders = [] } = run;
  const byPosition = targetPositions(network, loss) > 1;
  const form = targetFormOf(network, loss);
  const tasks = form.heads ?? tasksOfValues(network.outputs, loss, dataset);
  const heads = tasks.map((task) => createHeadReader(task, tasks, dataset));
  const figures = byPosition || form.heads !== null ? {} : figuresOfAll(network.outputs, loss, dataset);
  const unanswered = metrics.unanswered();
  const customMetrics = Object.entries(network.customParts.metrics).map(([name, create]) => [name, create()] as const);
  const others = [...customMetrics.map(([, metric]) => metric), ...extraReaders];
  const readers = byPosition ? others : [...Object.values(figures), unanswered, ...others];
  const segmentRows = Math.min(dataset.rows, chunksAtOnce * EVALUATION_ROWS);
  const { outputs, targets, tallies } = arraysOf(setup, network, loss, chunksAtOnce, extraReaders.length);
  const sums = new Float64Array(TALLIES);
  for (let first = 0; first < dataset.rows; first += segmentRows) {
    const rows = Math.min(segmentRows, dataset.rows - first);
    const chunks = Math.ceil(rows / EVALUATION_ROWS);
    const segment = { dataset, first, rows, outputs, tallies: viewOf(tallies, 0, chunks * TALLIES) };
    const parts = partsOf(segment, chunks, threadsOf, network.outputs);
    const part = parts[lockstep.rank];
    const teamThreads = Math.min(threads, part.tallies.length / TALLIES);
    // Weights are only read and outputs overwritten, so a retry needs no undo.
    const answers = await attempt(async () =>
      teamThreads === 0 ? [] : await evaluateSegment(pool, setup, part, teamThreads),
    );
    // A rank that is at another call by mistake sends a value without answers. A rank that takes a step instead
    // reports to all that they differ.
    const reports = await lockstep.fromAll({ answers });
    refuseBadRows(
      dataset,
      reports.flatMap((report) => report?.answers ?? []),
    );
    await lockstep.move(outputsToFirst(lockstep, parts));
    if (!lockstep.isFirst) continue;
    addTallies(sums, tallies, chunks);
    if (outputs !== null) {
      const allScaledReaders = [...scaledReaders, ...heads];
      await inTurns(readOutputs(network, loss, { ...segment, outputs }, form, targets, readers, allScaledReaders));
    }
  }
  return await lockstep.fromFirst(lockstep.isFirst ? evaluation() : WITHOUT_OUTPUTS);

  function evaluation(): Evaluation {
    const values = Object.fromEntries(Object.entries(figures).map(([name, figure]) => [name, figure.value()]));
    const unansweredCount = byPosition ? sums[TALLY.unanswered] : unanswered.value();
    const rowFigures = { loss: (sums[TALLY.loss] / dataset.rows) * lossUnit(loss, dataset.preprocessing), ...values };
    return {
      rows: dataset.rows,
      ...(byPosition ? positionFigures(loss, sums, weighsPositions) : rowFigures),
      ...(customMetrics.length === 0
        ? {}
        : { metrics: Object.fromEntries(customMetrics.map(([name, metric]) => [name, metricValue(name, metric)])) }),
      ...(unansweredCount === 0 ? {} : { unanswered: unansweredCount }),
      ...(heads.length === 0 ? {} : { heads: Object.fromEntries(heads.map((head) => [head.name, head.figures()])) }),
    };
  }
}

/** Means over the positions that count; a loss of 0 without any. */
function positionFigures(loss: Loss, sums: Float64Array, weighsPositions: boolean): Omit<Evaluation, 'rows'> {
  const positions = sums[TALLY.count];
  const count = Math.max(1, positions);
  return {
    positions,
    loss: sums[TALLY.loss] / count,
    accuracy: sums[TALLY.right] / count,
    ...(weighsPositions && sums[TALLY.weights] > 0
      ? { weightedLoss: sums[TALLY.weightedLoss] / sums[TALLY.weights] }
      : {}),
    ...(hasSurprise(loss) ? { perplexity: perplexityOf(sums[TALLY.surprise] / count) } : {}),
  };
}

/** Result of a rank that reads no outputs. */
const WITHOUT_OUTPUTS: Evaluation = { rows: 0, loss: Number.NaN };

/** Checks the value, since a custom metric may be unchecked JavaScript. */
function metricValue(name: string, metric: Metric): number {
  const value: unknown = metric.value();
  if (typeof value === 'number') return value;
  throw new Error(`metric ${name}: value() has ${show(value)}, expected a number`);
}

/** Passes rows to each reader in parts, whose size does not change results. */
function* readOutputs(
  network: Network,
  loss: Loss,
  { dataset, first, rows, outputs }: Collected,
  form: TargetForm,
  t: Float64Array, // [rowsPerTurn, columns]
  readers: readonly OutputReader[],
  scaledReaders: readonly OutputReader[],
): Pausable<void> {
  const R = targetPositions(network, loss);
  const O = network.outputs / R;
  // Of several outputs each reader converts its own.
  const units = form.heads === null ? dataset.preprocessing : undefined;
  const turnRows = Math.min(rows, rowsPerTurn(network));
  for (let from = 0; from < rows; from += turnRows) {
    const count = Math.min(turnRows, rows - from);
    const y = viewOf(outputs, from * R * O, count * R * O);
    gatherTargets(t, dataset, form, FILE_ORDER, first + from, count, anyRows);
    const B = R === 1 ? count : moveCountedToFront(y, t, count * R, O);
    for (const reader of scaledReaders) {
      reader.add(y, t, B, O);
      yield;
    }
    toTargetUnits(t, B, units);
    toTargetUnits(y, B, units);
    for (const reader of readers) {
      reader.add(y, t, B, O);
      yield;
    }
  }
}

const evaluateSegment = (
  pool: Pool,
  setup: RunSetup | InferenceSetup,
  segment: Segment,
  threads: number,
): Promise<(BadRow | undefined)[]> =>
  runOnTeam(pool, setup, threads, (teamTask): EvaluationTask => ({ kind: 'evaluation', ...teamTask, ...segment }));

/** @throws InputError for the first bad row. Each thread stops at its own first. */
function refuseBadRows({ name }: Dataset, answers: readonly (BadRow | undefined)[]): void {
  const bad = answers.filter((answer) => answer !== undefined).sort((a, b) => a.row - b.row);
  if (bad.length > 0) throw new InputError(bad[0].row, bad[0].problem, { of: name });
}

interface EvaluationArrays {
  readonly outputs: Float64Array<SharedArrayBuffer> | null; // [chunks · EVALUATION_ROWS, O]; null: not collected
  readonly targets: Float64Array; // [rowsPerTurn, columns]
  readonly tallies: Float64Array<SharedArrayBuffer>; // [chunks, TALLIES]
}

const arraysOfTeams = new WeakMap<TeamSetup, EvaluationArrays>();

/** Arrays shared by all evaluations of a run, which run one after the other; new ones each time would pile up. */
function arraysOf(
  setup: TeamSetup,
  network: Network,
  loss: Loss,
  chunks: number,
  extraReaders: number, // readers besides those that every evaluation has
): EvaluationArrays {
  let arrays = arraysOfTeams.get(setup);
  if (arrays === undefined) {
    const collects = collectsOutputs(network, loss, extraReaders);
    const outputs = collects ? sharedDoubles(chunks * EVALUATION_ROWS * network.outputs) : null;
    const targets = new Float64Array(rowsPerTurn(network) * targetColumns(network, loss));
    arrays = { outputs, targets, tallies: sharedDoubles(chunks * TALLIES) };
    arraysOfTeams.set(setup, arrays);
  }
  return arrays;
}

const sharedDoubles = (length: number) => new Float64Array(new SharedArrayBuffer(length * 8));

/** Rows of a dataset that are evaluated together, with their outputs and sums. */
type Segment = Pick<EvaluationTask, 'dataset' | 'first' | 'rows' | 'outputs' | 'tallies'>;

/** A segment whose outputs are collected. */
type Collected = Omit<Segment, 'outputs'> & { readonly outputs: Float64Array };

/** Divides the chunks of a segment over ranks, in order, in proportion to their threads. A rank may have none. */
export function partsOf(
  { dataset, first, rows, outputs, tallies }: Segment,
  chunks: number,
  threadsOf: readonly number[],
  O: number, // length of an output row
): readonly Segment[] {
  const threadCount = threadsOf.reduce((sum, threads) => sum + threads, 0);
  let before = 0; // threads of the ranks before this one
  return threadsOf.map((threads) => {
    const from = Math.floor((chunks * before) / threadCount);
    before += threads;
    const to = Math.floor((chunks * before) / threadCount);
    const [firstRow, endRow] = [Math.min(rows, from * EVALUATION_ROWS), Math.min(rows, to * EVALUATION_ROWS)];
    return {
      dataset,
      first: first + firstRow,
      rows: endRow - firstRow,
      outputs: outputs && viewOf(outputs, firstRow * O, (endRow - firstRow) * O),
      tallies: viewOf(tallies, from * TALLIES, (to - from) * TALLIES),
    };
  });
}

/** Transfers that bring outputs and sums of all ranks to rank 0, which has arrays of the same shape. */
function outputsToFirst({ rank, isFirst }: Lockstep, parts: readonly Segment[]): readonly Transfer[] {
  const resultsOf = ({ outputs, tallies }: Segment): SharedNumbers[] =>
    outputs === null ? [tallies] : [outputs, tallies];
  if (!isFirst) return resultsOf(parts[rank]).map((numbers) => ({ kind: 'send', peer: 0, numbers }));
  return parts
    .slice(1)
    .flatMap((part, k) => resultsOf(part).map((numbers): Transfer => ({ kind: 'receive', peer: k + 1, numbers })));
}
