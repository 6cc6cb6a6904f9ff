import { createColumnEncoder, inInputOrder, isPart, ofTable } from '@gradloom/core/internal';
import type { Dataset } from '@gradloom/runtime';
import { meanOf } from '../../../lab/figures/range.ts';

/** A column that answers nearly all rows alone: it may be known only after the answer. */
export interface LeakingColumn {
  readonly name: string;
  /** Share of right answers of classes, or R² of values, on rows that the answers were not taken from. */
  readonly score: number;
  /** Number of further columns like it. */
  readonly otherCount: number;
}

/** Least share of the errors of a constant answer that a leaking column removes. */
const MIN_EXPLAINED = 0.98;

/** A score on fewer rows says little. */
const MIN_ROWS = 50;

/** Maximum number of cells that are read: a table with more is sampled, to cost less than a tenth of a second. */
const MAX_CELLS = 400_000;
const MAX_SAMPLED_ROWS = 5_000;

/**
 * Finds a column that answers nearly all training rows alone. Every second row is answered by the rows between: those
 * with the same cell, or else the nearest, give their most frequent class or the mean of their targets. Null if there
 * is no such column, if the table has a single column or several targets or stays in a file, and for a series.
 */
export function leakingColumn({ rows, inputs, targets, classes, preprocessing }: Dataset): LeakingColumn | null {
  const { columns = [], series } = ofTable(preprocessing) ?? {};
  const isApplicable = columns.length > 1 && series === undefined && targets.columns === 1;
  if (!isApplicable || inputs.file !== undefined || targets.file !== undefined) return null;
  const sampleCount = Math.min(rows, MAX_SAMPLED_ROWS, Math.floor(MAX_CELLS / inputs.columns));
  const sampledRows = Array.from({ length: sampleCount }, (_, k) => Math.floor((k * rows) / sampleCount));
  if (sampleCount < 2 * MIN_ROWS) return null;
  const t = sampledRows.map((n) => targets.array[n]);
  const leakingColumns: { name: string; score: number }[] = [];
  let inputsBefore = 0;
  for (const column of inInputOrder(columns)) {
    if (isPart(column)) break; // parts come last
    const { name, inputs: columnInputs } = createColumnEncoder(column);
    const offset = inputsBefore;
    inputsBefore += columnInputs.length;
    const cellOf = (n: number): number => {
      const start = n * inputs.columns + offset;
      const cell = inputs.array.subarray(start, start + columnInputs.length);
      if (column.type === 'categorical') return cell.indexOf(1); // one-hot
      // An indicator follows the number, and is 1 for a gap.
      return 'indicator' in column && column.indicator && cell[1] === 1 ? GAP : cell[0];
    };
    const { explainedFraction, score } = scoreOf(sampledRows.map(cellOf), t, classes !== null);
    if (explainedFraction >= MIN_EXPLAINED) leakingColumns.push({ name, score });
  }
  if (leakingColumns.length === 0) return null;
  const best = leakingColumns.reduce((best, candidate) => (candidate.score > best.score ? candidate : best));
  return { ...best, otherCount: leakingColumns.length - 1 };
}

/** Stands for a gap: far below all scaled numbers. */
const GAP = -1e300;

interface Score {
  readonly explainedFraction: number; // share of the errors of a constant answer that are gone
  readonly score: number; // share of right answers, or R²
}

/** Answers every second row by the rows between. */
function scoreOf(x: readonly number[], t: readonly number[], areClasses: boolean): Score {
  const answers = answersByCell(x, t, areClasses);
  const oddRows = Array.from({ length: Math.floor(x.length / 2) }, (_, k) => 2 * k + 1);
  const targets = oddRows.map((n) => t[n]);
  const constant = areClasses ? mostFrequent(targets) : meanOf(targets);
  const lossOf = (answer: number, target: number): number =>
    areClasses ? Number(answer !== target) : (answer - target) ** 2;
  let [errors, constantErrors] = [0, 0];
  for (const n of oddRows) {
    errors += lossOf(nearestAnswer(answers, x[n]), t[n]);
    constantErrors += lossOf(constant, t[n]);
  }
  const explainedFraction = constantErrors === 0 ? 0 : 1 - errors / constantErrors;
  return { explainedFraction, score: areClasses ? 1 - errors / oddRows.length : explainedFraction };
}

/** The answers of even rows by their cell, with cells ascending. */
function answersByCell(x: readonly number[], t: readonly number[], areClasses: boolean): [x: number, t: number][] {
  const groups = new Map<number, number[]>();
  for (let n = 0; n < x.length; n += 2) {
    const group = groups.get(x[n]);
    if (group === undefined) groups.set(x[n], [t[n]]);
    else group.push(t[n]);
  }
  return [...groups]
    .sort(([a], [b]) => a - b)
    .map(([cell, targets]) => [cell, areClasses ? mostFrequent(targets) : meanOf(targets)]);
}

function nearestAnswer(answers: readonly (readonly [x: number, t: number])[], cell: number): number {
  let [low, high] = [0, answers.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (answers[middle][0] < cell) low = middle + 1;
    else high = middle;
  }
  const before = answers[Math.max(0, low - 1)];
  const after = answers[low];
  return cell - before[0] < after[0] - cell ? before[1] : after[1];
}

function mostFrequent(labels: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].reduce((largest, entry) => (entry[1] > largest[1] ? entry : largest))[0];
}
