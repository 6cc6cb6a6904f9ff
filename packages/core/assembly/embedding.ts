import { bytes, bytesOfDoubles } from './lanes';
import { add, copy, fill } from './vectors';

/** Marks the end of a list, as in src/program/reference/embedding.ts. */
const NOWHERE: f64 = -1;

/** y[n,width] = rows x[n] of E. Overwrites `y`. */
export function embeddingForward(y: usize, x: usize, E: usize, n: i32, width: i32): void {
  const row = bytes(width);
  for (; n > 0; n--, x += bytes(1), y += row) copy(y, E + <usize>load<Real>(x) * row, width);
}

/**
 * dE[V,width]: row v is the sum of dy over the places of x that hold v, a tree over leaves of `leaf` rows of k places.
 * Overwrites `dE`, or adds to it if `joins`. Also overwrites firstPlace [V], nextPlace [B,k], sums [treeLevels,width]
 * and leafOf [treeLevels]; all of these but `sums` hold doubles.
 */
export function embeddingBackward(
  dE: usize, firstPlace: usize, nextPlace: usize, sums: usize, leafOf: usize, x: usize, dy: usize, B: i32, k: i32,
  leaf: i32, joins: i32, V: i32, width: i32,
): void {
  const row = bytes(width);
  const places = leaf * k; // places of a leaf
  if (joins == 0) fill(dE, 0, V * width);
  for (let v = 0; v < V; v++) store<f64>(firstPlace + bytesOfDoubles(v), NOWHERE);
  for (let p = B * k - 1; p >= 0; p--) {
    const first = firstPlace + bytesOfDoubles(<i32>load<Real>(x + bytes(p)));
    store<f64>(nextPlace + bytesOfDoubles(p), load<f64>(first));
    store<f64>(first, <f64>p);
  }
  for (let v = 0; v < V; v++, dE += row) {
    let p = <i32>load<f64>(firstPlace + bytesOfDoubles(v));
    if (p < 0) continue;
    let level = -1;
    let last = -1; // leafOf[level]
    let sum = sums - row; // row `level` of sums
    for (; p >= 0; p = <i32>load<f64>(nextPlace + bytesOfDoubles(p))) {
      const own = p / places;
      if (own != last) {
        // As in src/program/reference/embedding.ts: neighbours that are closer to each other in the tree than to this
        // leaf are joined before it.
        for (; level > 0; level--, sum -= row) {
          const left = <i32>load<f64>(leafOf + bytesOfDoubles(level - 1));
          if (clz(left ^ last) <= clz(last ^ own)) break;
          add(sum - row, sum, width);
          last = left;
        }
        level++;
        sum += row;
        last = own;
        store<f64>(leafOf + bytesOfDoubles(level), <f64>own);
        fill(sum, 0, width);
      }
      add(sum, dy + <usize>p * row, width);
    }
    for (; level > 0; level--, sum -= row) add(sum - row, sum, width);
    add(dE, sums, width);
  }
}
