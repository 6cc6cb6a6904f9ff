import { type Elements, type ElementType, roundingOf, typeOf } from '../../math/element-type.ts';
import { fmaOf, type MultiplyAdd } from '../../math/fma.ts';
import { cos, pow, sin } from '../../math/index.ts';
import { laneSum } from '../../math/lane-sum.ts';
import { philox4x32 } from '../../math/random/index.ts';
import { mathOf } from '../../math/real-math.ts';
import { viewOf } from '../../math/scratch.ts';
import { reusedZeros } from './reused-zeros.ts';

// Attention of H heads of d numbers over T positions. A position of `qkv` has its queries, keys and values one after
// the other, each with the heads in order. A query of a row reads its real positions, `lengths` of them, and of these
// only those up to its own where `causal`: its keys. All others are left out. C = H · d. `+ 0` turns -0 into +0.

/** Both passes of attention. `multiplyAddOf` gives x · y + sum for the type of an array. */
export function defineAttention(multiplyAddOf: (array: Elements) => MultiplyAdd) {
  /** score = (Σ q · k) · 1/√d over the keys of a query, each sum over d from 0. Overwrites `scores`. */
  function scoresOf(
    scores: Elements, // [keys] out
    qkv: Elements, // [B, T, 3, H, d]
    query: number, // index of its first number
    firstKey: number, // of key 0
    keys: number,
    C: number,
    d: number,
  ): void {
    const round = roundingOf(scores);
    const multiplyAdd = multiplyAddOf(scores);
    const scale = round(1 / Math.sqrt(d));
    for (let u = 0; u < keys; u++) {
      const key = firstKey + u * 3 * C;
      let sum = 0;
      for (let j = 0; j < d; j++) sum = multiplyAdd(qkv[query + j], qkv[key + j], sum);
      scores[u] = round((sum + 0) * scale);
    }
  }

  /**
   * y = Σ p · f · v over keys ascending, from 0. p = e / s, flushed, with e = exp(score - m), m the largest score of a
   * query, and s = Σ e in four lanes, key mod 4. f is `factor`, or 0 if the random word of column (head · T + query) ·
   * T + key is below `threshold`, as in `dropout`; without a threshold f is 1. Positions of padding have y = 0.
   * Overwrites `y`, and `maxima` and `sums` except at padding.
   */
  function attentionForward(
    y: Elements, // [B, T, H, d] out
    maxima: Elements, // [B, H, T] out, m
    sums: Elements, // [B, H, T] out, s
    qkv: Elements, // [B, T, 3, H, d]
    lengths: Float64Array, // [B]
    stepAndRow: Float64Array, // [2] as in `dropout`
    B: number,
    T: number,
    H: number,
    d: number,
    causal: boolean,
    key0: number,
    key1: number,
    threshold: number,
    factor: number,
  ): void {
    const C = H * d;
    const keepFactor = roundingOf(y)(factor);
    y.fill(0, 0, B * T * C);
    for (let n = 0; n < B; n++) {
      const realLength = Math.min(lengths[n], T);
      for (let h = 0; h < H; h++) {
        const first = n * T * 3 * C + h * d;
        for (let t = 0; t < realLength; t++) {
          const row = (n * H + h) * T + t;
          const maskRow = (h * T + t) * T;
          const factorOf = (u: number) => maskOf(stepAndRow, n, maskRow + u, key0, key1, threshold, keepFactor);
          const out = (n * T + t) * C + h * d;
          [maxima[row], sums[row]] = attend(y, out, qkv, first, t, causal ? t + 1 : realLength, T, C, d, factorOf);
        }
      }
    }
  }

  /** y of one query of one head. Adds to the numbers in `y`, which are 0 before, and returns m and s. */
  function attend(
    y: Elements, // in and out
    out: number, // index of the first number in y
    qkv: Elements, // [B, T, 3, H, d]
    first: number, // index of the head's first number at position 0 of the row
    t: number,
    keys: number,
    T: number,
    C: number,
    d: number,
    factorOf: (key: number) => number, // f
  ): [m: number, s: number] {
    const { round } = mathOf(typeOf(y));
    const multiplyAdd = multiplyAddOf(y);
    const weights = reusedZeros(typeOf(y), T);
    const maximumAndSum = weigh(weights, qkv, first, t, keys, C, d);
    for (let u = 0; u < keys; u++) {
      const pf = round(weights[u] * factorOf(u));
      const value = first + 2 * C + u * 3 * C;
      for (let j = 0; j < d; j++) y[out + j] = multiplyAdd(pf, qkv[value + j], y[out + j]);
    }
    for (let j = 0; j < d; j++) y[out + j] += 0;
    return maximumAndSum;
  }

  /** p of one query of one head. Overwrites `weights`, and returns m and s. */
  function weigh(
    weights: Elements, // [keys] out
    qkv: Elements, // [B, T, 3, H, d]
    first: number, // index of the head's first number at position 0 of the row
    t: number,
    keys: number,
    C: number,
    d: number,
  ): [m: number, s: number] {
    const { round, exp, flush } = mathOf(typeOf(weights));
    scoresOf(weights, qkv, first + t * 3 * C, first + C, keys, C, d);
    let m = -Infinity;
    for (let u = 0; u < keys; u++) m = weights[u] > m ? weights[u] : m;
    m += 0;
    for (let u = 0; u < keys; u++) weights[u] = exp(round(weights[u] - m));
    const s = laneSum(round, weights, 0, keys);
    for (let u = 0; u < keys; u++) weights[u] = flush(round(weights[u] / s));
    return [m, s];
  }

  /** p of the first n queries of a row in causal attention; 0 where a query does not read a key. Overwrites `p`. */
  function attentionWeights(
    p: Elements, // [H, n, n] out
    qkv: Elements, // [>= n, 3, H, d]
    n: number,
    H: number,
    d: number,
  ): void {
    p.fill(0, 0, H * n * n);
    for (let h = 0; h < H; h++) {
      for (let t = 0; t < n; t++) weigh(viewOf(p, (h * n + t) * n, n), qkv, h * d, t, t + 1, H * d, d);
    }
  }

  /**
   * Copies `rows` to n positions of qkv from position at[0] on, and attends from their queries as `attentionForward`
   * does if `causal` and without dropout. Overwrites `y`, and these positions of `qkv`.
   */
  function attentionNext(
    y: Elements, // [n, H, d] out
    qkv: Elements, // [T, 3, H, d] in and out
    rows: Elements, // [n, 3, H, d]
    at: Elements, // [T]
    n: number,
    T: number,
    H: number,
    d: number,
  ): void {
    const C = H * d;
    const [t0] = at;
    for (let i = 0; i < n * 3 * C; i++) qkv[t0 * 3 * C + i] = rows[i];
    y.fill(0, 0, n * C);
    for (let t = t0; t < t0 + n; t++) {
      for (let h = 0; h < H; h++) attend(y, (t - t0) * C + h * d, qkv, h * d, t, t + 1, T, C, d, () => 1);
    }
  }

  /**
   * dS = p · (dP · f - D), flushed, with dP = Σ dy · v over d from 0, and D = Σ dy · y over d in four lanes. dq = (Σ dS
   * · k over keys ascending) · 1/√d, dk = (Σ dS · q over queries ascending) · 1/√d, and dv = Σ p · f · dy over queries
   * ascending, each from 0. p is computed again from m and s. Padding has gradients of 0. Overwrites `dqkv`.
   */
  function attentionBackward(
    dqkv: Elements, // [B, T, 3, H, d] out
    dy: Elements, // [B, T, H, d]
    y: Elements, // [B, T, H, d]
    maxima: Elements, // [B, H, T], m
    sums: Elements, // [B, H, T], s
    qkv: Elements, // [B, T, 3, H, d]
    lengths: Float64Array, // [B]
    stepAndRow: Float64Array, // [2] as in `dropout`
    B: number,
    T: number,
    H: number,
    d: number,
    causal: boolean,
    key0: number,
    key1: number,
    threshold: number,
    factor: number,
  ): void {
    const { round, exp, flush } = mathOf(typeOf(dqkv));
    const multiplyAdd = multiplyAddOf(dqkv);
    const C = H * d;
    const scratch = reusedZeros(typeOf(dqkv), T + d);
    const keepFactor = round(factor);
    const scale = round(1 / Math.sqrt(d));
    dqkv.fill(0, 0, B * T * 3 * C);
    for (let n = 0; n < B; n++) {
      const realLength = Math.min(lengths[n], T);
      for (let h = 0; h < H; h++) {
        const first = n * T * 3 * C + h * d;
        for (let t = 0; t < realLength; t++) {
          const keys = causal ? t + 1 : realLength;
          const query = first + t * 3 * C;
          const out = (n * T + t) * C + h * d;
          const row = (n * H + h) * T + t;
          scoresOf(scratch, qkv, query, first + C, keys, C, d);
          for (let j = 0; j < d; j++) scratch[T + j] = dy[out + j] * y[out + j];
          const D = laneSum(round, scratch, T, d);
          for (let u = 0; u < keys; u++) {
            const p = flush(round(exp(round(scratch[u] - maxima[row])) / sums[row]));
            const f = maskOf(stepAndRow, n, (h * T + t) * T + u, key0, key1, threshold, keepFactor);
            const key = first + C + u * 3 * C;
            const value = key + C;
            let dP = 0;
            for (let j = 0; j < d; j++) dP = multiplyAdd(dy[out + j], qkv[value + j], dP);
            const dS = flush(round(p * round(round((dP + 0) * f) - D)));
            const pf = round(p * f);
            for (let j = 0; j < d; j++) {
              dqkv[query + j] = multiplyAdd(dS, qkv[key + j], dqkv[query + j]);
              dqkv[key + j] = multiplyAdd(dS, qkv[query + j], dqkv[key + j]);
              dqkv[value + j] = multiplyAdd(pf, dy[out + j], dqkv[value + j]);
            }
          }
        }
      }
      for (let i = n * T * 3 * C; i < (n + 1) * T * 3 * C; i++) {
        const isScaled = i % (3 * C) < 2 * C;
        dqkv[i] = (dqkv[i] + 0) * (isScaled ? scale : 1);
      }
    }
  }

  return { attentionForward, attentionNext, attentionBackward, attentionWeights };
}

/** `keepFactor`, or 0 if the random word of a column is below `threshold`; 1 without a threshold. */
function maskOf(
  stepAndRow: Float64Array,
  n: number,
  column: number,
  key0: number,
  key1: number,
  threshold: number,
  keepFactor: number,
): number {
  if (threshold === 0) return 1;
  // The counter of Philox: block of four columns, row, and the lower and upper 32 bits of the step.
  philox4x32(words, Math.floor(column / 4), stepAndRow[1] + n, stepAndRow[0], stepAndRow[0] / 4294967296, key0, key1);
  return words[column % 4] < threshold ? 0 : keepFactor;
}

const words = new Uint32Array(4);

/**
 * Cosines and sines of the angles t · 10000^(-2i / d), computed in doubles and then rounded. Overwrites `table`.
 * [Su et al. 2021, eq. 15](https://arxiv.org/abs/2104.09864)
 */
export function rotaryTable(
  table: Elements, // [T, 2, d / 2] out
  T: number,
  d: number,
): void {
  const type = typeOf(table);
  const cached = tables[type];
  if (cached.T !== T || cached.d !== d) tables[type] = { T, d, values: anglesOf(T, d) };
  table.set(tables[type].values);
}

/** The last table of each type, since a step asks for the same one again and again. */
const tables: Record<ElementType, { T: number; d: number; values: Float64Array }> = {
  float64: { T: 0, d: 0, values: new Float64Array(0) },
  float32: { T: 0, d: 0, values: new Float64Array(0) },
};

function anglesOf(T: number, d: number): Float64Array {
  const half = d / 2;
  const table = new Float64Array(T * d);
  for (let i = 0; i < half; i++) {
    const rate = pow(10_000, (-2 * i) / d);
    for (let t = 0; t < T; t++) {
      table[t * d + i] = cos(t * rate);
      table[t * d + half + i] = sin(t * rate);
    }
  }
  return table;
}

/**
 * Rotates the pairs (i, i + d/2) of the queries and keys of position t by its angles: (a, b) becomes (a · cos - b ·
 * sin, b · cos + a · sin). If `inverse`, by the negative angles. Overwrites them in `qkv`.
 */
export function rotate(
  qkv: Elements, // [B, T, 3, H, d] in and out
  table: Elements, // [T, 2, d / 2], of `rotaryTable`
  B: number,
  T: number,
  H: number,
  d: number,
  inverse: boolean,
): void {
  const round = roundingOf(qkv);
  const half = d / 2;
  for (let p = 0; p < B * T; p++) {
    const angles = (p % T) * d;
    for (let k = 0; k < 2 * H; k++) {
      const head = p * 3 * H * d + k * d;
      for (let i = 0; i < half; i++) {
        const [c, s] = [table[angles + i], inverse ? -table[angles + half + i] : table[angles + half + i]];
        const [a, b] = [qkv[head + i], qkv[head + half + i]];
        qkv[head + i] = round(a * c) - round(b * s);
        qkv[head + half + i] = round(b * c) + round(a * s);
      }
    }
  }
}

/** x = 0 at the positions of padding. */
export function zeroPadding(
  x: Elements, // [B, T, C] in and out
  lengths: Float64Array, // [B]
  B: number,
  T: number,
  C: number,
): void {
  for (let n = 0; n < B; n++) x.fill(0, (n * T + Math.min(lengths[n], T)) * C, (n + 1) * T * C);
}

/** Attention that adds each term with one rounding. */
export const { attentionForward, attentionNext, attentionBackward, attentionWeights } = defineAttention(fmaOf);
