import { nonNegativeLeastSquares } from './least-squares.ts';

/** Time of a step at a number of threads. */
export interface Timing {
  readonly threads: number;
  readonly stepMs: number;
}

/** t(T) = t₁ (s + (1 - s) / T) ([Amdahl 1967](https://doi.org/10.1145/1465482.1465560)). */
export interface Amdahl {
  readonly serial: number; // s, share of a step that more threads do not shorten
  readonly firstMs: number; // t₁
  readonly limit: number | null; // 1 / s, most that a step can speed up; null: no limit
  readonly residual: number; // root of the mean square of the relative errors
}

/**
 * t(T) = t₁ (1 + σ (T - 1) + κ T (T - 1)) / T ([Gunther
 * 1993](http://www.perfdynamics.com/Manifesto/USLscalability.html)). Two counts do not tell σ and κ apart: then κ is
 * null, and taken as 0.
 */
export interface Usl {
  readonly contention: number; // σ
  readonly coherence: number | null; // κ
  readonly firstMs: number; // t₁
  readonly peak: number | null; // √((1 - σ) / κ), threads beyond which a step gets slower; null: it never does
  readonly residual: number;
}

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

/** ms a step on T threads by the law. */
export const uslMs = (
  { contention, coherence, firstMs }: Pick<Usl, 'contention' | 'coherence' | 'firstMs'>,
  T: number,
): number => (firstMs * (1 + contention * (T - 1) + (coherence ?? 0) * T * (T - 1))) / T;

function residualOf(timings: readonly Timing[], predict: (threads: number) => number): number {
  const errors = timings.map(({ threads, stepMs }) => predict(threads) / stepMs - 1);
  return Math.sqrt(errors.reduce((sum, e) => sum + e ** 2, 0) / errors.length);
}
