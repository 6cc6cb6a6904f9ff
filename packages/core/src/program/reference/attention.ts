import { type Elements, roundingOf, typeOf } from '../../math/element-type.ts';
import { fmaOf, type MultiplyAdd } from '../../math/fma.ts';
import { laneSum } from '../../math/lane-sum.ts';
import { philox4x32 } from '../../math/random/index.ts';
import { mathOf } from '../../math/real-math.ts';
import { viewOf } from '../../math/scratch.ts';
import { reusedZeros } from './reused-zeros.ts';

// Attention of H heads of d numbers, from T queries to S keys. K heads have keys and values, and K divides H: head h
// reads those of head ⌊h · K / H⌋. A position of `q` begins with its queries [H, d], and one of `kv` ends with its keys
// [K, d] and then its values [K, d]: `qStep` and `kvStep` are the numbers of a position. In self-attention both are one
// array [B, T, H + 2 · K, d] of queries, keys and values, whose lengths are the same. A query of a row reads its real
// keys, `keyLengths` of them, and of these only those up to its own position where `causal`. All others are left out.
// C = H · d. `+ 0` turns -0 into +0.

/** Both passes of attention. `multiplyAddOf` gives x · y + sum for the type of an array. */
export function defineAttention(multiplyAddOf: (array: Elements) => MultiplyAdd) {
  /** score = (Σ q · k) · 1/√d over the keys of a query, each sum over d from 0. Overwrites `scores`. */
  function scoresOf(
    scores: Elements, // [keys] out
    q: Elements, // [B, T, qStep]
    query: number, // index of its first number
    kv: Elements, // [B, S, kvStep]
    firstKey: number, // of key 0
    keys: number,
    kvStep: number,
    d: number,
  ): void {
    const round = roundingOf(scores);
    const multiplyAdd = multiplyAddOf(scores);
    const scale = round(1 / Math.sqrt(d));
    for (let u = 0; u < keys; u++) {
      const key = firstKey + u * kvStep;
      let sum = 0;
      for (let j = 0; j < d; j++) sum = multiplyAdd(q[query + j], kv[key + j], sum);
      scores[u] = round((sum + 0) * scale);
    }
  }

  /**
   * y = Σ p · f · v over keys ascending, from 0. p = e / s, flushed, with e = exp(score - m), m the largest score of a
   * query, and s = Σ e in four lanes, key mod 4. f is `factor`, or 0 if the random word of column (head · T + query) ·
   * S + key is below `threshold`, as in `dropout`; without a threshold f is 1. Queries of padding have y = 0.
   * Overwrites `y`, and `maxima` and `sums` except at padding.
   */
  function attentionForward(
    y: Elements, // [B, T, H, d] out
    maxima: Elements, // [B, H, T] out, m
    sums: Elements, // [B, H, T] out, s
    q: Elements, // [B, T, qStep]
    kv: Elements, // [B, S, kvStep]
    queryLengths: Float64Array, // [B]
    keyLengths: Float64Array, // [B]
    stepAndRow: Float64Array, // [2] as in `dropout`
    B: number,
    T: number,
    S: number,
    H: number,
    K: number,
    d: number,
    qStep: number,
    kvStep: number,
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
      const [realQueries, realKeys] = [Math.min(queryLengths[n], T), Math.min(keyLengths[n], S)];
      for (let h = 0; h < H; h++) {
        const firstKey = (n * S + 1) * kvStep - 2 * K * d + keyHead(h, H, K) * d;
        for (let t = 0; t < realQueries; t++) {
          const row = (n * H + h) * T + t;
          const maskRow = (h * T + t) * S;
          const factorOf = (u: number) => maskOf(stepAndRow, n, maskRow + u, key0, key1, threshold, keepFactor);
          const out = (n * T + t) * C + h * d;
          const query = (n * T + t) * qStep + h * d;
          const keys = causal ? Math.min(t + 1, realKeys) : realKeys;
          [maxima[row], sums[row]] = attend(y, out, q, query, kv, firstKey, keys, kvStep, K * d, d, factorOf);
        }
      }
    }
  }

  /** y of one query of one head. Adds to the numbers in `y`, which are 0 before, and returns m and s. */
  function attend(
    y: Elements, // in and out
    out: number, // index of the first number in y
    q: Elements, // [B, T, qStep]
    query: number, // index of its first number
    kv: Elements, // [B, S, kvStep]
    firstKey: number, // of the head's key 0
    keys: number,
    kvStep: number,
    toValue: number, // numbers from a key to its value
    d: number,
    factorOf: (key: number) => number, // f
  ): [m: number, s: number] {
    const { round } = mathOf(typeOf(y));
    const multiplyAdd = multiplyAddOf(y);
    const weights = reusedZeros(typeOf(y), keys);
    const maximumAndSum = weigh(weights, q, query, kv, firstKey, keys, kvStep, d);
    for (let u = 0; u < keys; u++) {
      const pf = round(weights[u] * factorOf(u));
      const value = firstKey + toValue + u * kvStep;
      for (let j = 0; j < d; j++) y[out + j] = multiplyAdd(pf, kv[value + j], y[out + j]);
    }
    for (let j = 0; j < d; j++) y[out + j] += 0;
    return maximumAndSum;
  }

  /** p of one query of one head. Overwrites `weights`, and returns m and s. */
  function weigh(
    weights: Elements, // [keys] out
    q: Elements, // [B, T, qStep]
    query: number, // index of its first number
    kv: Elements, // [B, S, kvStep]
    firstKey: number, // of the head's key 0
    keys: number,
    kvStep: number,
    d: number,
  ): [m: number, s: number] {
    const { round, exp, flush } = mathOf(typeOf(weights));
    scoresOf(weights, q, query, kv, firstKey, keys, kvStep, d);
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
    qkv: Elements, // [>= n, H + 2 · K, d]
    n: number,
    H: number,
    K: number,
    d: number,
  ): void {
    const step = (H + 2 * K) * d;
    p.fill(0, 0, H * n * n);
    for (let h = 0; h < H; h++) {
      for (let t = 0; t < n; t++) {
        const [query, firstKey] = [t * step + h * d, (H + keyHead(h, H, K)) * d];
        weigh(viewOf(p, (h * n + t) * n, n), qkv, query, qkv, firstKey, t + 1, step, d);
      }
    }
  }

  /**
   * Copies `rows` to n positions of qkv from position at[0] on, and attends from their queries as `attentionForward`
   * does if `causal` and without dropout. Overwrites `y`, and these positions of `qkv`.
   */
  function attentionNext(
    y: Elements, // [n, H, d] out
    qkv: Elements, // [T, step] in and out
    rows: Elements, // [n, step]
    at: Elements, // [T]
    n: number,
    _T: number,
    H: number,
    K: number,
    d: number,
    step: number,
  ): void {
    const C = H * d;
    const [t0] = at;
    for (let i = 0; i < n * step; i++) qkv[t0 * step + i] = rows[i];
    y.fill(0, 0, n * C);
    for (let t = t0; t < t0 + n; t++) {
      for (let h = 0; h < H; h++) {
        const [out, query, firstKey] = [(t - t0) * C + h * d, t * step + h * d, C + keyHead(h, H, K) * d];
        attend(y, out, qkv, query, qkv, firstKey, t + 1, step, K * d, d, () => 1);
      }
    }
  }

  /**
   * dS = p · (dP · f - D), flushed, with dP = Σ dy · v over d from 0, and D = Σ dy · y over d in four lanes. dq = (Σ dS
   * · k over keys ascending) · 1/√d, dk = (Σ dS · q) · 1/√d, and dv = Σ p · f · dy, both over the heads that read the
   * key, and of each over queries ascending. All sums are from 0. p is computed again from m and s. Padding has
   * gradients of 0. Overwrites the queries of `dq`, and the keys and values of `dkv`.
   */
  function attentionBackward(
    dq: Elements, // [B, T, qStep] out
    dkv: Elements, // [B, S, kvStep] out
    dy: Elements, // [B, T, H, d]
    y: Elements, // [B, T, H, d]
    maxima: Elements, // [B, H, T], m
    sums: Elements, // [B, H, T], s
    q: Elements, // [B, T, qStep]
    kv: Elements, // [B, S, kvStep]
    queryLengths: Float64Array, // [B]
    keyLengths: Float64Array, // [B]
    stepAndRow: Float64Array, // [2] as in `dropout`
    B: number,
    T: number,
    S: number,
    H: number,
    K: number,
    d: number,
    qStep: number,
    kvStep: number,
    causal: boolean,
    key0: number,
    key1: number,
    threshold: number,
    factor: number,
  ): void {
    const { round, exp, flush } = mathOf(typeOf(dq));
    const multiplyAdd = multiplyAddOf(dq);
    const C = H * d;
    const scratch = reusedZeros(typeOf(dq), S + d);
    const keepFactor = round(factor);
    const scale = round(1 / Math.sqrt(d));
    const keyAt = kvStep - 2 * K * d; // of a position's first key
    for (let t = 0; t < B * T; t++) dq.fill(0, t * qStep, t * qStep + C);
    for (let u = 0; u < B * S; u++) dkv.fill(0, u * kvStep + keyAt, (u + 1) * kvStep);
    for (let n = 0; n < B; n++) {
      const [realQueries, realKeys] = [Math.min(queryLengths[n], T), Math.min(keyLengths[n], S)];
      for (let h = 0; h < H; h++) {
        const firstKey = n * S * kvStep + keyAt + keyHead(h, H, K) * d;
        for (let t = 0; t < realQueries; t++) {
          const keys = causal ? Math.min(t + 1, realKeys) : realKeys;
          const query = (n * T + t) * qStep + h * d;
          const out = (n * T + t) * C + h * d;
          const row = (n * H + h) * T + t;
          scoresOf(scratch, q, query, kv, firstKey, keys, kvStep, d);
          for (let j = 0; j < d; j++) scratch[S + j] = dy[out + j] * y[out + j];
          const D = laneSum(round, scratch, S, d);
          for (let u = 0; u < keys; u++) {
            const p = flush(round(exp(round(scratch[u] - maxima[row])) / sums[row]));
            const f = maskOf(stepAndRow, n, (h * T + t) * S + u, key0, key1, threshold, keepFactor);
            const key = firstKey + u * kvStep;
            const value = key + K * d;
            let dP = 0;
            for (let j = 0; j < d; j++) dP = multiplyAdd(dy[out + j], kv[value + j], dP);
            const dS = flush(round(p * round(round((dP + 0) * f) - D)));
            const pf = round(p * f);
            for (let j = 0; j < d; j++) {
              dq[query + j] = multiplyAdd(dS, kv[key + j], dq[query + j]);
              dkv[key + j] = multiplyAdd(dS, q[query + j], dkv[key + j]);
              dkv[value + j] = multiplyAdd(pf, dy[out + j], dkv[value + j]);
            }
          }
        }
      }
    }
    for (let t = 0; t < B * T; t++) {
      for (let i = t * qStep; i < t * qStep + C; i++) dq[i] = (dq[i] + 0) * scale;
    }
    for (let u = 0; u < B * S; u++) {
      const key = u * kvStep + keyAt;
      for (let i = key; i < key + 2 * K * d; i++) dkv[i] = (dkv[i] + 0) * (i < key + K * d ? scale : 1);
    }
  }

  return { attentionForward, attentionNext, attentionBackward, attentionWeights };
}

/** The head whose keys and values head h of H reads, of K. */
export const keyHead = (h: number, H: number, K: number): number => Math.floor((h * K) / H);

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
