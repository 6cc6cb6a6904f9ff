import { defineOptions, type Named, type OptionsOf } from '../../checks/options/index.ts';
import { complete, type Pausable } from '../../math/pausable.ts';
import { viewOf } from '../../math/scratch.ts';
import { argsort } from './argsort.ts';
import { createDecision, decisionTable } from './decision.ts';
import type { Metric } from './metric.ts';
import { badOutput } from './unanswered.ts';
import type { EvaluatedRows, WeightedMetric } from './weighted-metric.ts';

const rankingTable = {
  /** 'classes': one index per row, one output per class. 'values': one-hot rows, or 0 and 1 with one output. */
  targets: decisionTable.targets,
};

/** Options of a metric that ranks rows by their outputs. */
export interface RankingOptions extends OptionsOf<typeof rankingTable>, Named {}

/** A metric that keeps its rows. Computing its value takes long for many rows. */
export interface RankingMetric extends Metric {
  /** Computes `value` with pauses. */
  valueInTurns(): Pausable<number>;
}

/** Rows in ascending order of their scores for a class. */
export interface ClassRanking {
  readonly order: Uint32Array; // [N] indices of the rows
  readonly ends: Uint8Array; // [N] 1 for the last row of equal scores
  readonly positive: Uint8Array; // [N] 1 for a row of the class; also in ascending order
}

/** The value for one class; row order[n] counts counts[order[n]] times (null: once). NaN leaves the class out. */
type ClassValue = (ranking: ClassRanking, counts: Uint32Array | null) => number;

/** A metric of ranked rows. */
export interface Ranking {
  /** The metric. @throws Error if an option is wrong. */
  metric(options: RankingOptions): RankingMetric;
  /** The metric of rows, each weighted by a count. */
  weighted(rows: EvaluatedRows, options: RankingOptions): Pausable<WeightedMetric>;
}

/**
 * Creates a metric. With one output or two classes it is the value of class 1. With more it is the mean over classes of
 * the value of each class against all others, or `emptyValue` if no class has a value. NaN before the first row, and if
 * a row has no answer.
 */
export function createRanking(where: string, valueOfClass: ClassValue, emptyValue: number): Ranking {
  const { read } = defineOptions(where, rankingTable);
  return {
    metric(options) {
      const { targets } = read(options);
      const collector = collectRows(targets);
      function* valueInTurns(): Pausable<number> {
        const rankings = yield* rankClasses(collector.rows(), targets);
        return rankings === null ? Number.NaN : meanOf(rankings, valueOfClass, emptyValue, null);
      }
      return { add: collector.add, value: () => complete(valueInTurns()), valueInTurns };
    },
    *weighted(rows, options) {
      const rankings = yield* rankClassesOnce(rows, read(options).targets);
      return (counts) => (rankings === null ? Number.NaN : meanOf(rankings, valueOfClass, emptyValue, counts));
    },
  };
}

function meanOf(
  rankings: readonly ClassRanking[],
  metric: ClassValue,
  emptyValue: number,
  counts: Uint32Array | null,
): number {
  let sum = 0;
  let classes = 0;
  for (const ranking of rankings) {
    const value = metric(ranking, counts);
    if (Number.isNaN(value)) continue;
    sum += value;
    classes++;
  }
  return classes === 0 ? emptyValue : sum / classes;
}

const cache = new WeakMap<EvaluatedRows, ClassRanking[] | null>();

/** The rankings of rows, computed once and shared by all figures. The rows do not change. */
export function* rankClassesOnce(
  evaluatedRows: EvaluatedRows,
  targets: 'classes' | 'values',
): Pausable<ClassRanking[] | null> {
  const rankings = cache.get(evaluatedRows) ?? (yield* rankClasses(evaluatedRows, targets));
  cache.set(evaluatedRows, rankings);
  return rankings;
}

/** A ranking for each class; null without rows, or if a row has no answer. */
function* rankClasses(evaluatedRows: EvaluatedRows, targets: 'classes' | 'values'): Pausable<ClassRanking[] | null> {
  const { rows, outputs: O, y, t } = evaluatedRows;
  const { classes, target } = createDecision('metric', { targets });
  for (let n = 0; n < rows; n++) if (badOutput(y, n, O) !== undefined) return null;
  if (rows === 0) return null;
  const C = classes(O);
  const rankings: ClassRanking[] = [];
  for (let c = C === 2 ? 1 : 0; c < C; c++) {
    const scores = new Float64Array(rows);
    for (let n = 0; n < rows; n++) scores[n] = y[n * O + (O === 1 ? 0 : c)];
    const order = yield* argsort(scores);
    const ends = new Uint8Array(rows).fill(1);
    const positive = new Uint8Array(rows);
    for (let n = 0; n < rows; n++) {
      if (n + 1 < rows && scores[order[n]] === scores[order[n + 1]]) ends[n] = 0;
      if (target(t, order[n], O) === c) positive[n] = 1;
    }
    rankings.push({ order, ends, positive });
    yield;
  }
  return rankings;
}

/** Collects copies of rows that are added in parts. */
function collectRows(targets: 'classes' | 'values'): { add: Metric['add']; rows(): EvaluatedRows } {
  let y = new Float64Array(0);
  let t = new Float64Array(0);
  let rows = 0;
  let outputs = 0;
  return {
    add(yPart, tPart, B, O) {
      outputs = O;
      const columns = targets === 'classes' ? 1 : O;
      y = append(y, rows * O, yPart, B * O);
      t = append(t, rows * columns, tPart, B * columns);
      rows += B;
    },
    rows: () => ({ rows, outputs, y, t }),
  };
}

/** Appends `length` numbers of `part` to the first `size` of `array`, in a longer array if they do not fit. */
function append(array: Float64Array, size: number, part: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const result = size + length <= array.length ? array : new Float64Array(Math.max(size + length, 2 * array.length));
  if (result !== array) result.set(viewOf(array, 0, size));
  result.set(viewOf(part, 0, length), size);
  return result as Float64Array<ArrayBuffer>;
}
