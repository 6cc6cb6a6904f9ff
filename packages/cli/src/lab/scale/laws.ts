import { nullable, record } from '../../options/schema/containers.ts';
import { number } from '../../options/schema/scalars.ts';
import type { Read } from '../../options/schema/schema.ts';

/** Time of a step at a number of threads. */
export interface Timing {
  readonly threads: number;
  readonly stepMs: number;
}

/** t(T) = t₁ (s + (1 - s) / T) ([Amdahl 1967](https://doi.org/10.1145/1465482.1465560)). */
export const amdahl = record({
  serial: number(), // s, share of a step that more threads do not shorten
  firstMs: number(0), // t₁
  limit: nullable(number()), // 1 / s, greatest possible speedup of a step; null: no limit
  residual: number(0), // root of the mean square of the relative errors
});

export type Amdahl = Read<typeof amdahl>;

/**
 * t(T) = t₁ (1 + σ (T - 1) + κ T (T - 1)) / T ([Gunther
 * 1993](http://www.perfdynamics.com/Manifesto/USLscalability.html)). Two counts cannot separate σ and κ: then κ is
 * null, and taken as 0.
 */
export const usl = record({
  contention: number(), // σ
  coherence: nullable(number()), // κ
  firstMs: number(0), // t₁
  peak: nullable(number()), // √((1 - σ) / κ), threads beyond which a step gets slower; null: it never does
  residual: number(0),
});

export type Usl = Read<typeof usl>;

/** Least squares of relative errors, with s from 0 to 1. null for fewer than two counts. */
export function fitAmdahl(timings: readonly Timing[]): Amdahl | null {
  if (timings.length < 2) return null;
  const stepMs = timings.map((timing) => timing.stepMs);
  const rows = timings.map(({ threads }) => [1, 1 / threads]);
  const [serialMs, parallelMs] = nonNegativeLeastSquares(rows, stepMs, [0, 1]);
  const firstMs = serialMs + parallelMs;
  const serial = serialMs / firstMs;
  const predict = (T: number) => firstMs * (serial + (1 - serial) / T);
  return { serial, firstMs, limit: serial === 0 ? null : 1 / serial, residual: residualOf(timings, predict) };
}

/** Least squares of relative errors, with σ and κ at least 0. null for fewer than two counts. */
export function fitUsl(timings: readonly Timing[]): Usl | null {
  if (timings.length < 2) return null;
  const isDetermined = timings.length > 2;
  const stepMs = timings.map((timing) => timing.stepMs);
  const rows = timings.map(({ threads: T }) => [1 / T, (T - 1) / T, ...(isDetermined ? [T - 1] : [])]);
  const [firstMs, contentionMs, coherenceMs = 0] = nonNegativeLeastSquares(rows, stepMs, isDetermined ? [1, 2] : [1]);
  const [sigma, kappa] = [contentionMs / firstMs, coherenceMs / firstMs];
  const law = { contention: sigma, coherence: isDetermined ? kappa : null, firstMs };
  return {
    ...law,
    peak: kappa > 0 && sigma < 1 ? Math.sqrt((1 - sigma) / kappa) : null,
    residual: residualOf(timings, (T) => uslMs(law, T)),
  };
}

/** ms per step on T threads by the law. */
export const uslMs = (
  { contention, coherence, firstMs }: Pick<Usl, 'contention' | 'coherence' | 'firstMs'>,
  T: number,
): number => (firstMs * (1 + contention * (T - 1) + (coherence ?? 0) * T * (T - 1))) / T;

function residualOf(timings: readonly Timing[], predict: (threads: number) => number): number {
  const errors = timings.map(({ threads, stepMs }) => predict(threads) / stepMs - 1);
  return Math.sqrt(errors.reduce((sum, e) => sum + e ** 2, 0) / errors.length);
}

/**
 * The c that minimises Σₖ (1 - Σⱼ rows[k][j] cⱼ / y[k])² with every cⱼ of `boundedColumns` at least 0: the best of the
 * free solutions with each subset of the bounded ones fixed at 0. @throws Error if there is none.
 */
function nonNegativeLeastSquares(
  rows: readonly (readonly number[])[],
  y: readonly number[], // above 0
  boundedColumns: readonly number[], // indices of the bounded columns
): number[] {
  const unit = y[0]; // brings all numbers near 1
  const A = rows.map((row, k) => row.map((value) => (value * unit) / y[k]));
  const columns = rows[0].length;
  let bestFit: { error: number; c: number[] } | undefined;
  for (let subset = 0; subset < 2 ** boundedColumns.length; subset++) {
    const fixedColumns = boundedColumns.filter((_, b) => subset & (1 << b));
    const free = Array.from({ length: columns }, (_, j) => j).filter((j) => !fixedColumns.includes(j));
    if (free.length === 0) continue;
    const solution = leastSquares(A.map((row) => free.map((j) => row[j])));
    if (solution === null) continue;
    const c = Array.from({ length: columns }, (_, j) => (free.includes(j) ? solution[free.indexOf(j)] : 0));
    if (boundedColumns.some((j) => c[j] < 0)) continue;
    const error = A.reduce((sum, row) => sum + (1 - row.reduce((y, a, j) => y + a * c[j], 0)) ** 2, 0);
    if (bestFit === undefined || error < bestFit.error) bestFit = { error, c };
  }
  if (bestFit === undefined) throw new Error('fit: the times fit no law, expected times of several numbers of threads');
  return bestFit.c.map((value) => value * unit);
}

/** c of AᵀA c = Aᵀ1, by Gaussian elimination with pivoting; null if the columns are linearly dependent. */
function leastSquares(A: readonly (readonly number[])[]): number[] | null {
  const n = A[0].length;
  const M = Array.from({ length: n }, (_, i) => [
    ...Array.from({ length: n }, (_, j) => A.reduce((sum, row) => sum + row[i] * row[j], 0)),
    A.reduce((sum, row) => sum + row[i], 0),
  ]);
  for (let k = 0; k < n; k++) {
    const pivot = M.reduce((p, row, i) => (i >= k && Math.abs(row[k]) > Math.abs(M[p][k]) ? i : p), k);
    [M[k], M[pivot]] = [M[pivot], M[k]];
    if (Math.abs(M[k][k]) < 1e-14) return null;
    for (let i = 0; i < n; i++) {
      if (i === k) continue;
      const factor = M[i][k] / M[k][k];
      M[i] = M[i].map((value, j) => value - factor * M[k][j]);
    }
  }
  return M.map((row, k) => row[n] / row[k]);
}
