import { bytes, splat, times } from './lanes';

// Multipliers and steps of the key, as src/random/philox.ts.
const M0: i32 = 0xd2511f53;
const M1: i32 = 0xcd9e8d57;
const STEP0: i32 = 0x9e3779b9;
const STEP1: i32 = 0xbb67ae85;

/**
 * y[B,size] = x · m, m = 0 where the random word of the column is below `threshold`, else `factor`, as
 * src/ops/dropout.ts; place = [step, row of the batch that row 0 is]. Overwrites `y`, which may be `x`.
 *
 * Two blocks of Philox, a and b, stand in two vectors: `even` = x₀a x₀b x₂a x₂b and `odd` = x₁a x₁b x₃a x₃b.
 */
export function dropout(
  y: usize, x: usize, place: usize, B: i32, size: i32, key0: i32, key1: i32, threshold: u32, factor: f64,
): void {
  const step = <i64>load<f64>(place);
  const firstRow = <i32><i64>load<f64>(place, 8);
  const row = bytes(size);
  for (let n = 0; n < B; n++, y += row, x += row) {
    maskRow(y, x, size, firstRow + n, <i32>step, <i32>(step >> 32), key0, key1, threshold, factor);
  }
}

function maskRow(
  y: usize, x: usize, size: i32, c1: i32, c2: i32, c3: i32, key0: i32, key1: i32, threshold: u32, factor: f64,
): void {
  const firstKey = pairs(key0, key1);
  const nextKey = pairs(STEP0, STEP1);
  const factors = pairs(M0, M1);
  const row = pairs(c1, c3);
  const least = i32x4.splat(<i32>threshold);
  const kept = splat<v128>(factor);
  let even = v128.or(pairs(0, c2), i32x4(0, 1, 0, 0));
  const two = pairs(2, 0);
  for (; size > 0; size -= 16, y += 128, x += 128) {
    // Four blocks, so that one pair's products are on their way while those of the other begin.
    let even0 = even;
    let even1 = i32x4.add(even, two);
    even = i32x4.add(even1, two);
    let odd0 = row;
    let odd1 = row;
    let key = firstKey;
    for (let round = 0; round < 10; round++) {
      const low0 = i64x2.extmul_low_i32x4_u(even0, factors);
      const low1 = i64x2.extmul_low_i32x4_u(even1, factors);
      const high0 = i64x2.extmul_high_i32x4_u(even0, factors);
      const high1 = i64x2.extmul_high_i32x4_u(even1, factors);
      even0 = v128.xor(v128.xor(v128.shuffle<i32>(high0, low0, 1, 3, 5, 7), odd0), key);
      even1 = v128.xor(v128.xor(v128.shuffle<i32>(high1, low1, 1, 3, 5, 7), odd1), key);
      odd0 = v128.shuffle<i32>(high0, low0, 0, 2, 4, 6);
      odd1 = v128.shuffle<i32>(high1, low1, 0, 2, 4, 6);
      key = i32x4.add(key, nextKey);
    }
    maskEight(y, x, size, even0, odd0, least, kept);
    if (size > 8) maskEight(y + 64, x + 64, size - 8, even1, odd1, least, kept);
  }
}

/** y = x · m of eight columns, or of the last `size`. */
@inline function maskEight(y: usize, x: usize, size: i32, even: v128, odd: v128, least: v128, kept: v128): void {
  const isKept0 = i32x4.ge_u(even, least);
  const isKept1 = i32x4.ge_u(odd, least);
  const low = v128.shuffle<i32>(isKept0, isKept1, 0, 4, 1, 5); // columns 0, 1, 4, 5
  const high = v128.shuffle<i32>(isKept0, isKept1, 2, 6, 3, 7); // columns 2, 3, 6, 7
  const m01 = v128.and(i64x2.extend_low_i32x4_s(low), kept);
  const m23 = v128.and(i64x2.extend_low_i32x4_s(high), kept);
  const m45 = v128.and(i64x2.extend_high_i32x4_s(low), kept);
  const m67 = v128.and(i64x2.extend_high_i32x4_s(high), kept);
  if (size >= 8) {
    maskTwo(y, x, m01);
    maskTwo(y + 16, x + 16, m23);
    maskTwo(y + 32, x + 32, m45);
    maskTwo(y + 48, x + 48, m67);
  } else {
    maskSome(y, x, size, m01, m23, m45, m67);
  }
}

/** The same of fewer than eight columns. */
function maskSome(y: usize, x: usize, size: i32, m01: v128, m23: v128, m45: v128, m67: v128): void {
  let m = m01;
  if (size >= 2) {
    maskTwo(y, x, m01);
    m = m23;
  }
  if (size >= 4) {
    maskTwo(y + 16, x + 16, m23);
    m = m45;
  }
  if (size >= 6) {
    maskTwo(y + 32, x + 32, m45);
    m = m67;
  }
  if ((size & 1) == 0) return;
  const last = bytes(size - 1);
  store<f64>(y + last, load<f64>(x + last) * f64x2.extract_lane(m, 0));
}

@inline function maskTwo(y: usize, x: usize, m: v128): void {
  store<v128>(y, times(load<v128>(x), m));
}

/** a, a, b, b. */
@inline function pairs(a: i32, b: i32): v128 {
  return v128.shuffle<i32>(i32x4.splat(a), i32x4.splat(b), 0, 1, 4, 5);
}
