import type { Elements } from '../../math/element-type.ts';
import { sumRows } from './sum-rows.ts';

/** y[n] += row. Overwrites `y`. */
export function addRow(
  y: Elements, // [B, size] in and out
  row: Elements, // [size]
  B: number,
  size: number,
): void {
  for (let n = 0; n < B; n++) for (let j = 0; j < size; j++) y[n * size + j] += row[j];
}

/**
 * db[O] = the sum of dy over all positions of all rows, in the order of `sumRows`. Overwrites `sums`, and `db`, or adds
 * to it if `accumulate`.
 */
export function positionSums(
  db: Elements, // [O] out
  sums: Elements, // [sumLevels(B, R), O] scratch
  dy: Elements, // [B, R, O]
  B: number,
  leafRows: number,
  accumulate: boolean,
  R: number,
  O: number,
): void {
  sumRows(sums, O, B, leafRows, R, (level, first, positions) => {
    sums.fill(0, level * O, (level + 1) * O);
    for (let p = first; p < first + positions; p++) for (let o = 0; o < O; o++) sums[level * O + o] += dy[p * O + o];
  });
  for (let o = 0; o < O; o++) db[o] = (accumulate ? db[o] : 0) + sums[o];
}
