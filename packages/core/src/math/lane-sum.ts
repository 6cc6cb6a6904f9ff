import type { Elements, Round } from './element-type.ts';

/**
 * Σ a[from + j] for j < n, in four lanes j mod 4, each from +0 with j ascending, joined (l₀ + l₁) + (l₂ + l₃). Every
 * addition is rounded by `round`.
 */
export function laneSum(
  round: Round,
  a: Elements, // [from + n]
  from: number,
  n: number,
): number {
  let l0 = 0;
  let l1 = 0;
  let l2 = 0;
  let l3 = 0;
  let j = 0;
  for (; j + 3 < n; j += 4) {
    l0 = round(l0 + a[from + j]);
    l1 = round(l1 + a[from + j + 1]);
    l2 = round(l2 + a[from + j + 2]);
    l3 = round(l3 + a[from + j + 3]);
  }
  if (j < n) l0 = round(l0 + a[from + j]);
  if (j + 1 < n) l1 = round(l1 + a[from + j + 1]);
  if (j + 2 < n) l2 = round(l2 + a[from + j + 2]);
  return round(round(l0 + l1) + round(l2 + l3));
}

/**
 * The largest a[from + j] for j < n, in four lanes j mod 4 that start at -∞ and take greater values; joined (l₀, l₁),
 * (l₂, l₃), then both. NaN is never taken.
 */
export function laneMaximum(
  a: Elements, // [from + n]
  from: number,
  n: number,
): number {
  let l0 = -Infinity;
  let l1 = -Infinity;
  let l2 = -Infinity;
  let l3 = -Infinity;
  let j = 0;
  for (; j + 3 < n; j += 4) {
    l0 = greater(a[from + j], l0);
    l1 = greater(a[from + j + 1], l1);
    l2 = greater(a[from + j + 2], l2);
    l3 = greater(a[from + j + 3], l3);
  }
  if (j < n) l0 = greater(a[from + j], l0);
  if (j + 1 < n) l1 = greater(a[from + j + 1], l1);
  if (j + 2 < n) l2 = greater(a[from + j + 2], l2);
  return greater(greater(l3, l2), greater(l1, l0));
}

/** The greater of both; `lane` if z is NaN, so that a lane never becomes NaN. */
const greater = (z: number, lane: number): number => (z > lane ? z : lane);
