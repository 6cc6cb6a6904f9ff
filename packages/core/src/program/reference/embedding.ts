import { show } from '../../checks/show.ts';
import type { Elements } from '../../math/element-type.ts';
import { InputError } from '../input-error.ts';

/** y[n,width] = rows x[n] of E. Overwrites `y`. */
export function embeddingForward(
  y: Elements, // [n, width] out
  x: Elements, // [n] whole numbers from 0 to V - 1
  E: Elements, // [V, width]
  n: number,
  width: number,
): void {
  for (let p = 0; p < n; p++) {
    const row = x[p] * width;
    for (let j = 0; j < width; j++) y[p * width + j] = E[row + j];
  }
}

/**
 * dE[V,width]: row v is the sum of dy over the positions of x that hold v. It is a tree over leaves of `leafRows` rows;
 * a leaf's sum starts at 0 and adds rows ascending, and positions within a row ascending. Overwrites `dE`, or adds to
 * it if `accumulate`; also overwrites `firstPosition`, `nextPosition`, `sums` and `leafAt`.
 */
export function embeddingBackward(
  dE: Elements, // [V, width] out
  firstPosition: Float64Array, // [V] scratch: the first position of each index
  nextPosition: Float64Array, // [B, k] scratch: the next position with the same index
  sums: Elements, // [treeLevels, width] scratch
  leafAt: Float64Array, // [treeLevels] scratch: the leaf of each row of sums
  x: Elements, // [B, k] whole numbers from 0 to V - 1
  dy: Elements, // [B, k, width]
  B: number,
  k: number,
  leafRows: number,
  accumulate: boolean,
  V: number,
  width: number,
): void {
  if (!accumulate) dE.fill(0, 0, V * width);
  firstPosition.fill(NONE, 0, V);
  for (let p = B * k - 1; p >= 0; p--) {
    nextPosition[p] = firstPosition[x[p]];
    firstPosition[x[p]] = p;
  }
  for (let v = 0; v < V; v++) {
    if (firstPosition[v] === NONE) continue;
    let level = -1;
    for (let p = firstPosition[v]; p !== NONE; p = nextPosition[p]) {
      const leaf = Math.floor(p / (k * leafRows));
      if (level === -1 || leaf !== leafAt[level]) {
        // Leaves without the index are skipped: they would add 0 to sums that are not -0. Neighbours that are closer to
        // each other in the tree than to this leaf are joined before it.
        while (level > 0 && Math.clz32(leafAt[level - 1] ^ leafAt[level]) > Math.clz32(leafAt[level] ^ leaf)) {
          addRow(sums, width, --level);
        }
        leafAt[++level] = leaf;
        sums.fill(0, level * width, (level + 1) * width);
      }
      for (let j = 0; j < width; j++) sums[level * width + j] += dy[p * width + j];
    }
    while (level > 0) addRow(sums, width, --level);
    for (let j = 0; j < width; j++) dE[v * width + j] += sums[j];
  }
}

const NONE = -1;

/** Row `level` of `sums` += the row after it. */
function addRow(sums: Elements, width: number, level: number): void {
  for (let j = level * width; j < (level + 1) * width; j++) sums[j] += sums[j + width];
}

/**
 * Checks that the n numbers of `x`, k in a row, are indices of a vocabulary of V.
 * @throws InputError for the first that is not a whole number in [0, V); `where` names the layer.
 */
export function checkIndices(
  x: Elements, // [n]
  n: number,
  k: number,
  V: number,
  where: string,
): void {
  for (let p = 0; p < n; p++) {
    const index = x[p];
    if (index >= 0 && index < V && Math.floor(index) === index) continue;
    const problem = `index at place ${p % k} has ${show(index)}, expected a whole number from 0 to ${V - 1}`;
    throw new InputError(Math.floor(p / k), `${where}: ${problem}`);
  }
}
