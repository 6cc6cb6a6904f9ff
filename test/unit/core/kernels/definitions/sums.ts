import type { Elements } from '../../../../../packages/core/src/math/element-type.ts';
import type { Arithmetic } from '../../../../support/arithmetic.ts';

/** A sum of terms, one after the other. */
export const chain = ({ add }: Arithmetic, terms: readonly number[], start = 0): number => terms.reduce(add, start);

/** A sum of products, one after the other, each added with one rounding. */
export const dot = ({ fma }: Arithmetic, factors: readonly (readonly [x: number, y: number])[], start = 0): number =>
  factors.reduce((sum, [x, y]) => fma(x, y, sum), start);

/** In four lanes j mod 4, joined (l₀ + l₁) + (l₂ + l₃). */
export function lanes(A: Arithmetic, terms: readonly number[]): number {
  const [l0, l1, l2, l3] = [0, 1, 2, 3].map((lane) =>
    chain(
      A,
      terms.filter((_, j) => j % 4 === lane),
    ),
  );
  return A.add(A.add(l0, l1), A.add(l2, l3));
}

/** By the pairwise tree: of n numbers the first 2ᵏ, for the largest 2ᵏ < n, and the others. */
export function tree(A: Arithmetic, terms: readonly number[]): number {
  if (terms.length === 1) return terms[0];
  let half = 1;
  while (2 * half < terms.length) half *= 2;
  return A.add(tree(A, terms.slice(0, half)), tree(A, terms.slice(half)));
}

/** A sum over B rows: a chain from 0 over the rows of each leaf, the leaves by the tree. */
export const overLeaves = (A: Arithmetic, B: number, leafRows: number, term: (n: number) => number): number =>
  tree(A, leafSumsOf(A, B, leafRows, term));

/** The sums of the leaves, at least one. */
export const leafSumsOf = (A: Arithmetic, B: number, leafRows: number, term: (n: number) => number): number[] =>
  leavesOf(B, leafRows).map((rows) => chain(A, rows.map(term)));

/** The rows of each leaf. */
export const leavesOf = (B: number, leafRows: number): readonly (readonly number[])[] =>
  upTo(Math.max(1, Math.ceil(B / leafRows))).map((k) =>
    upTo(Math.min(leafRows, B - k * leafRows)).map((n) => k * leafRows + n),
  );

/** A sum over B rows of R positions: over the rows where R = 1, else in pieces of 64 positions of a row. */
export const overRows = (A: Arithmetic, B: number, leafRows: number, R: number, term: (p: number) => number): number =>
  R === 1
    ? overLeaves(A, B, leafRows, term)
    : tree(A, B === 0 ? [0] : upTo(B).map((n) => overLeaves(A, R, 64, (p) => term(n * R + p))));

/** 0, 1, …, n - 1: the same list for the same n. */
export function upTo(n: number): readonly number[] {
  lists[n] ??= Array.from({ length: Math.max(0, n) }, (_, i) => i);
  return lists[n];
}
const lists: Record<number, readonly number[]> = {};

/** Overwrites the first n numbers of `array`, the i-th with f(i); all are computed before one is written. */
export function write(array: Elements, n: number, f: (i: number) => number): void {
  array.set(upTo(n).map(f));
}
