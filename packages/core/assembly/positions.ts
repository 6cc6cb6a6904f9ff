import { bytes, LANES, plus } from './lanes';
import { PLAIN, sumRows, takeSums } from './sum-rows';

/** y[n] += row. Overwrites `y`. */
export function addRow(y: usize, row: usize, B: i32, size: i32): void {
  const whole = bytes(size & -LANES);
  const end = bytes(size);
  for (; B > 0; B--, y += end) {
    for (let at: usize = 0; at < whole; at += 16) store<v128>(y + at, plus(load<v128>(y + at), load<v128>(row + at)));
    for (let at = whole; at < end; at += bytes(1)) store<Real>(y + at, load<Real>(y + at) + load<Real>(row + at));
  }
}

/** db[O] = the sum of dy over all positions of all rows. Overwrites `sums`, and `db`, or adds to it if `joins`. */
export function positionSums(
  db: usize, sums: usize, dy: usize, B: i32, leaf: i32, joins: i32, R: i32, O: i32,
): void {
  sumRows(PLAIN, sums, dy, dy, dy, dy, B, leaf, R, O);
  takeSums(db, sums, joins, O);
}
