import { philox4x32 } from '../../../../../packages/core/src/math/random/philox.ts';
import type { Arithmetic } from '../../../../support/arithmetic.ts';
import type { Definition } from './definition.ts';
import { dot, lanes, upTo, write } from './sums.ts';

type Numbers = ArrayLike<number>;

/** The numbers of head h at position t of row n, in an array whose positions have `parts` times H heads. */
const headOf =
  (array: Numbers, T: number, H: number, d: number, parts = 1) =>
  (n: number, t: number, h: number, part = 0): number[] =>
    upTo(d).map((j) => array[(((n * T + t) * parts + part) * H + h) * d + j]);

const inner = (A: Arithmetic, a: readonly number[], b: readonly number[]): number =>
  A.add(
    dot(
      A,
      a.map((value, j) => [value, b[j]]),
    ),
    0,
  );

type Sizes = readonly [
  ...[place: Float64Array, T: number, H: number, d: number, causal: boolean],
  ...[key0: number, key1: number, threshold: number, factor: number],
];

/** The scores of a query's keys, and their factors of dropout. */
function keysOf(
  A: Arithmetic,
  qkv: Numbers,
  real: number,
  ...[stepAndRow, T, H, d, causal, key0, key1, threshold, factor]: Sizes
) {
  const at = headOf(qkv, T, H, d, 3);
  const words = new Uint32Array(4);
  const scale = A.of(1 / Math.sqrt(d));
  const factorOf = (n: number, column: number): number => {
    if (threshold === 0) return 1;
    const [step, firstRow] = stepAndRow;
    philox4x32(words, Math.floor(column / 4), firstRow + n, step, step / 2 ** 32, key0, key1);
    return words[column % 4] < threshold ? 0 : A.of(factor);
  };
  return (n: number, h: number, t: number) =>
    upTo(causal ? t + 1 : real).map((u) => ({
      score: A.mul(inner(A, at(n, t, h, 0), at(n, u, h, 1)), scale),
      f: factorOf(n, (h * T + t) * T + u),
    }));
}

export const attentionForward: Definition<'attentionForward'> = (
  ...[A, y, maxima, sums, qkv, lengths, stepAndRow, B, T, H, d, ...weighing]
) => {
  const at = headOf(qkv, T, H, d, 3);
  for (const n of upTo(B)) {
    const keysAt = keysOf(A, qkv, lengths[n], stepAndRow, T, H, d, ...weighing);
    for (const h of upTo(H)) {
      for (const t of upTo(T)) {
        const out = ((n * T + t) * H + h) * d;
        if (t >= lengths[n]) {
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
          const values = keys.map((_, u) => at(n, u, h, 2)[j]);
          y[out + j] = inner(A, weights, values);
        }
      }
    }
  }
};

export const attentionNext: Definition<'attentionNext'> = (A, y, qkv, rows, at, n, T, H, d) => {
  const [first] = at;
  write(qkv, T * 3 * H * d, (i) => rows[i - first * 3 * H * d] ?? qkv[i]);
  const [all, unused] = [new Float64Array(T * H * d), new Float64Array(H * T)];
  const lengths = Float64Array.of(first + n);
  attentionForward(A, all, unused, unused, qkv, lengths, new Float64Array(2), 1, T, H, d, true, 0, 0, 0, 1);
  write(y, n * H * d, (i) => all[first * H * d + i]);
};

export const attentionBackward: Definition<'attentionBackward'> = (
  ...[A, dqkv, dy, y, maxima, sums, qkv, lengths, stepAndRow, B, T, H, d, ...weighing]
) => {
  const [at, dyAt, yAt] = [headOf(qkv, T, H, d, 3), headOf(dy, T, H, d), headOf(y, T, H, d)];
  const scale = A.of(1 / Math.sqrt(d));
  const gradients = upTo(B).flatMap((n) => {
    const keysAt = keysOf(A, qkv, lengths[n], stepAndRow, T, H, d, ...weighing);
    const queries = upTo(H).map((h) =>
      upTo(lengths[n]).map((t) => {
        const row = (n * H + h) * T + t;
        const D = lanes(
          A,
          upTo(d).map((j) => A.mul(dyAt(n, t, h)[j], yAt(n, t, h)[j])),
        );
        return keysAt(n, h, t).map(({ score, f }, u) => {
          const p = A.flush(A.div(A.exp(A.sub(score, maxima[row])), sums[row]));
          const dP = A.mul(inner(A, dyAt(n, t, h), at(n, u, h, 2)), f);
          return { pf: A.mul(p, f), dS: A.flush(A.mul(p, A.sub(dP, D))) };
        });
      }),
    );
    return upTo(T).flatMap((t) =>
      upTo(3).flatMap((part) =>
        upTo(H).flatMap((h) =>
          upTo(d).map((j) => {
            if (t >= lengths[n]) return 0;
            const keys = queries[h][t];
            // The queries that read key t.
            const readers = upTo(lengths[n]).filter((r) => queries[h][r].length > t);
            if (part === 0) {
              const sum = inner(
                A,
                keys.map(({ dS }) => dS),
                keys.map((_, u) => at(n, u, h, 1)[j]),
              );
              return A.mul(sum, scale);
            }
            const [weights, vectors] =
              part === 1
                ? [readers.map((r) => queries[h][r][t].dS), readers.map((r) => at(n, r, h, 0)[j])]
                : [readers.map((r) => queries[h][r][t].pf), readers.map((r) => dyAt(n, r, h)[j])];
            const sum = inner(A, weights, vectors);
            return part === 1 ? A.mul(sum, scale) : sum;
          }),
        ),
      ),
    );
  });
  write(dqkv, B * T * 3 * H * d, (i) => gradients[i]);
};

export const rotate: Definition<'rotate'> = (A, qkv, table, B, T, H, d, back) => {
  const half = d / 2;
  const before = [...qkv];
  write(qkv, B * T * 3 * H * d, (i) => {
    const [position, part, j] = [Math.floor(i / (3 * H * d)), Math.floor(i / (H * d)) % 3, i % d];
    if (part === 2) return before[i];
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
