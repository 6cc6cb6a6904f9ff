/**
 * The c that makes Σₖ (1 - Σⱼ rows[k][j] cⱼ / y[k])² least with every cⱼ of `bounded` at least 0: the best of the free
 * solutions with each choice of the bounded ones held at 0. @throws Error where there is none.
 */
export function nonNegativeLeastSquares(
  rows: readonly (readonly number[])[],
  y: readonly number[], // above 0
  bounded: readonly number[], // columns
): number[] {
  const unit = y[0]; // brings all numbers near 1
  const A = rows.map((row, k) => row.map((value) => (value * unit) / y[k]));
  const columns = rows[0].length;
  let best: { error: number; c: number[] } | undefined;
  for (let subset = 0; subset < 2 ** bounded.length; subset++) {
    const held = bounded.filter((_, b) => subset & (1 << b));
    const free = Array.from({ length: columns }, (_, j) => j).filter((j) => !held.includes(j));
    if (free.length === 0) continue;
    const solution = leastSquares(A.map((row) => free.map((j) => row[j])));
    if (solution === null) continue;
    const c = Array.from({ length: columns }, (_, j) => (free.includes(j) ? solution[free.indexOf(j)] : 0));
    if (bounded.some((j) => c[j] < 0)) continue;
    const error = A.reduce((sum, row) => sum + (1 - row.reduce((y, a, j) => y + a * c[j], 0)) ** 2, 0);
    if (best === undefined || error < best.error) best = { error, c };
  }
  if (best === undefined) throw new Error('fit: the times fit no law, expected times of several numbers of threads');
  return best.c.map((value) => value * unit);
}

/** c of AᵀA c = Aᵀ1, by Gaussian elimination with pivots; null where the columns depend on each other. */
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
