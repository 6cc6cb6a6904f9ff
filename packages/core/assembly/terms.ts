import { LANES } from './lanes';
import { PANEL } from './panels';

// For tiles of two rows, lists the terms that are not 0 in both rows. A list begins with their number; then follow, for
// each k ascending, the address of a[0,k] and the bytes from the panel's first row to row k. On MNIST 29 % of the
// columns are left over two rows, and 22 % of the rows over two columns. A listed term takes 1.08 of the time of a
// plain one.

/** Columns of the other factor from which a list is read often enough to pay off. */
const MIN_COLUMNS = 32;
// Share of the terms up to which a list pays off, with at least four panels and with fewer. 32 columns of floats are
// two panels, and their list takes a third of the product's own time.
const MAX_DENSITY: f64 = 0.85;
const MAX_DENSITY_OF_FEW: f64 = 0.6;

/** Bytes of a list of K terms, and so the distance of lists. */
@inline export function listStep(K: i32): usize {
  return (<usize>K + 1) << 3;
}

/**
 * Writes the lists of a[M,K] in tiles below each other, for `columns` columns of the other factor. Returns `lists`, or
 * 0 if they would not pay off. Overwrites `lists` [M / 2, listStep].
 */
export function listTerms(
  lists: usize, a: usize, aRow: usize, aStep: usize, panelStep: usize, M: i32, K: i32, columns: i32,
): usize {
  if (columns < MIN_COLUMNS) return 0;
  const density = LANES == 4 && columns < 4 * PANEL ? MAX_DENSITY_OF_FEW : MAX_DENSITY;
  let list = lists;
  for (let m = 2; m <= M; m += 2) {
    const count = listTile(list, a, aRow, aStep, panelStep, K);
    // Tiles of a matrix are much alike, so the first one decides.
    if (m == 2 && <f64>count > density * <f64>K) return 0;
    list += listStep(K);
    a += 2 * aRow;
  }
  return lists;
}

function listTile(list: usize, a: usize, aRow: usize, aStep: usize, panelStep: usize, K: i32): i32 {
  let count = 0;
  let offset: usize = 0;
  for (let k = 0; k < K; k++) {
    // Writes every term and only counts those that are kept, without a branch that could be mispredicted.
    const term = list + (<usize>count << 3);
    store<usize>(term, a, 8);
    store<usize>(term, offset, 12);
    count += i32((load<Bits>(a) | load<Bits>(a + aRow)) != 0);
    a += aStep;
    offset += panelStep;
  }
  store<i32>(list, count);
  return count;
}
