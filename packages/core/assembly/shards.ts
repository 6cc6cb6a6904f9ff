import { bytes, over, plus, splat } from './lanes';

/**
 * g[n] = (Σₛ gSum[s, offset + i]) / rows, the sum over s by the pairwise tree of strides 1, 2, 4, … Overwrites `g`,
 * which may be row 0 of `gSum` at `offset`, and, where S > 8, rows of `gSum`.
 *
 * Three levels of the tree at a time stay in registers: eight rows join into their first, then eight of those.
 */
export function averageShards(
  g: usize, gSum: usize, S: i32, P: i32, offset: i32, n: i32, rows: f64,
): void {
  gSum += bytes(offset);
  let row = bytes(P);
  while (S > 8) {
    for (let s = 0; s < S; s += 8) {
      const first = gSum + <usize>s * row;
      joinRows(first, first, row, min(S - s, 8), n, 1); // x / 1 is x
    }
    S = (S + 7) >> 3;
    row <<= 3;
  }
  joinRows(g, gSum, row, S, n, rows);
}

/** out[n] = (the tree's sum of S rows, 1 to 8) / divisor. Overwrites `out`, which may be one of the rows. */
function joinRows(out: usize, rows: usize, row: usize, S: i32, n: i32, divisor: f64): void {
  if (S == 1) join(1, out, rows, row, n, divisor);
  else if (S == 2) join(2, out, rows, row, n, divisor);
  else if (S == 3) join(3, out, rows, row, n, divisor);
  else if (S == 4) join(4, out, rows, row, n, divisor);
  else if (S == 5) join(5, out, rows, row, n, divisor);
  else if (S == 6) join(6, out, rows, row, n, divisor);
  else if (S == 7) join(7, out, rows, row, n, divisor);
  else join(8, out, rows, row, n, divisor);
}

// Inlined with S a constant, so that each loop holds one tree and no branch.
@inline function join(S: i32, out: usize, rows: usize, row: usize, n: i32, divisor: f64): void {
  const divisors = splat<v128>(divisor);
  for (; n >= 2; n -= 2) {
    store<v128>(out, over(tree<v128>(S, rows, row), divisors));
    out += 16;
    rows += 16;
  }
  if (n > 0) store<f64>(out, over(tree<f64>(S, rows, row), divisor));
}

@inline function tree<T>(S: i32, p: usize, row: usize): T {
  if (S == 1) return load<T>(p);
  if (S == 2) return tree2<T>(p, row);
  if (S == 3) return plus(tree2<T>(p, row), load<T>(p + 2 * row));
  if (S == 4) return tree4<T>(p, row);
  if (S == 5) return plus(tree4<T>(p, row), load<T>(p + 4 * row));
  if (S == 6) return plus(tree4<T>(p, row), tree2<T>(p + 4 * row, row));
  if (S == 7) return plus(tree4<T>(p, row), plus(tree2<T>(p + 4 * row, row), load<T>(p + 6 * row)));
  return plus(tree4<T>(p, row), tree4<T>(p + 4 * row, row));
}

@inline function tree2<T>(p: usize, row: usize): T {
  return plus(load<T>(p), load<T>(p + row));
}

@inline function tree4<T>(p: usize, row: usize): T {
  return plus(tree2<T>(p, row), tree2<T>(p + 2 * row, row));
}
