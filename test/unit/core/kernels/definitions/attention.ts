import { philox4x32 } from '../../../../../packages/core/src/math/random/philox.ts';
import type { Arithmetic } from '../../../../support/arithmetic.ts';
import type { Definition } from './definition.ts';
import { dot, lanes, upTo, write } from './sums.ts';

type Numbers = ArrayLike<number>;

/** The numbers of head h at position t of row n, in an array whose positions have `step` numbers, from `start` on. */
const headOf =
  (array: Numbers, T: number, H: number, d: number, step = H * d) =>
  (n: number, t: number, h: number, start = 0): number[] =>
    upTo(d).map((j) => array[(n * T + t) * step + start + h * d + j]);

const inner = (A: Arithmetic, a: readonly number[], b: readonly number[]): number =>
  A.add(
    dot(
      A,
      a.map((value, j) => [value, b[j]]),
    ),
    0,
  );

type Rows = readonly [q: Numbers, kv: Numbers, queryLengths: Numbers, keyLengths: Numbers, place: Float64Array];
type Sizes = readonly [
  ...[B: number, T: number, S: number, H: number, K: number, d: number, qStep: number, kvStep: number],
  causal: boolean,
  ...[key0: number, key1: number, threshold: number, factor: number],
];

/** Queries, keys and values by row, position and head, and the scores of a query's keys with their dropout. */
function partsOf(A: Arithmetic, ...[q, kv, , keyLengths, stepAndRow, ...sizes]: readonly [...Rows, ...Sizes]) {
  const [, T, S, H, K, d, qStep, kvStep, causal, key0, key1, threshold, factor] = sizes;
  const group = H / K; // heads that read the same keys
  const [queryAt, kvAt] = [headOf(q, T, H, d, qStep), headOf(kv, S, K, d, kvStep)];
  const keyAt = (n: number, u: number, h: number) => kvAt(n, u, Math.floor(h / group), kvStep - 2 * K * d);
  const valueAt = (n: number, u: number, h: number) => kvAt(n, u, Math.floor(h / group), kvStep - K * d);
  const words = new Uint32Array(4);
  const scale = A.of(1 / Math.sqrt(d));
  const factorOf = (n: number, column: number): number => {
    if (threshold === 0) return 1;
    const [step, firstRow] = stepAndRow;
    philox4x32(words, Math.floor(column / 4), firstRow + n, step, step / 2 ** 32, key0, key1);
    return words[column % 4] < threshold ? 0 : A.of(factor);
  };
  const keysAt = (n: number, h: number, t: number) =>
    upTo(causal ? Math.min(t + 1, keyLengths[n]) : keyLengths[n]).map((u) => ({
      score: A.mul(inner(A, queryAt(n, t, h), keyAt(n, u, h)), scale),
      f: factorOf(n, (h * T + t) * S + u),
    }));
  return { queryAt, keyAt, valueAt, keysAt };
}

export const attentionForward: Definition<'attentionForward'> = (A, y, maxima, sums, ...args) => {
  const [, , queryLengths, , , B, T, , H, , d] = args;
  const { valueAt, keysAt } = partsOf(A, ...args);
  for (const n of upTo(B)) {
    for (const h of upTo(H)) {
      for (const t of upTo(T)) {
        const out = ((n * T + t) * H + h) * d;
        if (t >= queryLengths[n]) {
          y.fill(0, out, out + d);
          continue;
        }
        const keys = keysAt(n, h, t);
        const m = keys.reduce((maximum, { score }) => (score > maximum ? score : maximum), -Infinity) + 0;
        const e = keys.map(({ score }) => A.exp(A.sub(score, m)));
        const s = lanes(A, e);
        maxima[(n * H + h) * T + t] = m;
        sums[(n * H + h) * T + t] = s;
        const weights = keys.map(({ f }, u) => A.mul(A.flush(A.div(e[u], s)), f));
        for (const j of upTo(d)) {
          const values = keys.map((_, u) => valueAt(n, u, h)[j]);
          y[out + j] = inner(A, weights, values);
        }
      }
    }
  }
};

export const attentionNext: Definition<'attentionNext'> = (A, y, qkv, rows, at, n, T, H, K, d, step) => {
  const [first] = at;
  write(qkv, T * step, (i) => rows[i - first * step] ?? qkv[i]);
  const [all, unused] = [new Float64Array(T * H * d), new Float64Array(H * T)];
  const lengths = Float64Array.of(first + n);
  const read = [qkv, qkv, lengths, lengths, new Float64Array(2)] as const;
  attentionForward(A, all, unused, unused, ...read, 1, T, T, H, K, d, step, step, true, 0, 0, 0, 1);
  write(y, n * H * d, (i) => all[first * H * d + i]);
};

export const attentionBackward: Definition<'attentionBackward'> = (A, dq, dkv, dy, y, maxima, sums, ...args) => {
  const [, , queryLengths, , , B, T, S, H, K, d, qStep, kvStep] = args;
  const { queryAt, keyAt, valueAt, keysAt } = partsOf(A, ...args);
  const [dyAt, yAt] = [headOf(dy, T, H, d), headOf(y, T, H, d)];
  const scale = A.of(1 / Math.sqrt(d));
  const group = H / K;
  for (const n of upTo(B)) {
    const queries = upTo(H).map((h) =>
      upTo(queryLengths[n]).map((t) => {
        const row = (n * H + h) * T + t;
        const D = lanes(
          A,
          upTo(d).map((j) => A.mul(dyAt(n, t, h)[j], yAt(n, t, h)[j])),
        );
        return keysAt(n, h, t).map(({ score, f }, u) => {
          const p = A.flush(A.div(A.exp(A.sub(score, maxima[row])), sums[row]));
          const dP = A.mul(inner(A, dyAt(n, t, h), valueAt(n, u, h)), f);
          return { pf: A.mul(p, f), dS: A.flush(A.mul(p, A.sub(dP, D))) };
        });
      }),
    );
    for (const h of upTo(H)) {
      for (const j of upTo(d)) {
        for (const t of upTo(T)) {
          const keys = queries[h][t] ?? [];
          const slopes = keys.map(({ dS }) => dS);
          const sum = inner(
            A,
            slopes,
            keys.map((_, u) => keyAt(n, u, h)[j]),
          );
          dq[(n * T + t) * qStep + h * d + j] = A.mul(sum, scale);
        }
      }
    }
    for (const k of upTo(K)) {
      for (const j of upTo(d)) {
        for (const u of upTo(S)) {
          // The queries that read key u, head by head.
          const readers = upTo(group)
            .map((g) => k * group + g)
            .flatMap((h) => queries[h].flatMap((keys, t) => (keys.length > u ? [{ h, t, ...keys[u] }] : [])));
          const sumOf = (weights: number[], at: (n: number, t: number, h: number) => number[]): number =>
            inner(
              A,
              weights,
              readers.map(({ h, t }) => at(n, t, h)[j]),
            );
          const key = (n * S + u + 1) * kvStep - 2 * K * d + k * d + j;
          const ofKey = sumOf(
            readers.map(({ dS }) => dS),
            queryAt,
          );
          dkv[key] = A.mul(ofKey, scale);
          dkv[key + K * d] = sumOf(
            readers.map(({ pf }) => pf),
            dyAt,
          );
        }
      }
    }
  }
};

export const rotate: Definition<'rotate'> = (A, qkv, table, B, T, H, d, step, back) => {
  const half = d / 2;
  const before = [...qkv];
  write(qkv, B * T * step, (i) => {
    const [position, head, j] = [Math.floor(i / step), Math.floor((i % step) / d), i % d];
    if (head >= H) return before[i];
    const angle = (position % T) * d + (j % half);
    const [c, s] = [table[angle], table[angle + half]];
    const isFirst = j < half;
    const other = before[isFirst ? i + half : i - half];
    const turned = A.mul(other, s);
    return isFirst !== back ? A.sub(A.mul(before[i], c), turned) : A.add(A.mul(before[i], c), turned);
  });
};

export const zeroPadding: Definition<'zeroPadding'> = (_A, x, lengths, B, T, C) =>
  write(x, B * T * C, (i) => (Math.floor(i / C) % T < lengths[Math.floor(i / (T * C))] ? x[i] : 0));
