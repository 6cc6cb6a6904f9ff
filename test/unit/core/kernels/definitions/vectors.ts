import type { Definition } from './definition.ts';
import { upTo, write } from './sums.ts';

export const add: Definition<'add'> = (A, sum, term, n) => write(sum, n, (i) => A.add(sum[i], term[i]));

export const scale: Definition<'scale'> = (A, g, n, factor) => write(g, n, (i) => A.mul(g[i], A.of(factor[0])));

export const combine: Definition<'combine'> = (A, y, x, n, ofX, ofY) =>
  write(y, n, (i) => A.add(A.mul(A.of(ofX), x[i]), A.mul(A.of(ofY), y[i])));

export const addToDiagonal: Definition<'addToDiagonal'> = (A, matrix, size, value) =>
  write(matrix, size * size, (i) => (i % (size + 1) === 0 ? A.add(matrix[i], A.of(value)) : matrix[i]));

export const copy: Definition<'copy'> = (_A, y, x, n) => write(y, n, (i) => x[i]);

export const plus: Definition<'plus'> = (A, y, a, b, n) => write(y, n, (i) => A.add(a[i], b[i]));

export const fill: Definition<'fill'> = (A, y, value, n) => write(y, n, () => A.of(value));

export const transpose: Definition<'transpose'> = (_A, y, x, I, J, N) =>
  write(y, N * I * J, (at) => {
    const [n, j, i] = [Math.floor(at / (I * J)), Math.floor(at / I) % J, at % I];
    return x[(n * I + i) * J + j];
  });

export const averageWeights: Definition<'averageWeights'> = (A, average, theta, n, share) => {
  const s = A.of(share[0]);
  write(average, n, (i) => A.flush(A.add(A.mul(A.sub(1, s), average[i]), A.mul(s, theta[i]))));
};

export const movingAverage: Definition<'movingAverage'> = (A, running, value, n, momentum, factor) => {
  const [m, f] = [A.of(momentum), A.of(factor)];
  write(running, n, (i) => A.add(A.mul(A.sub(1, m), running[i]), A.mul(m, A.mul(value[i], f))));
};

export const maxNorm: Definition<'maxNorm'> = (A, W, factors, I, row, n, limit) => {
  for (const k of upTo(n)) {
    const column = upTo(I).map((i) => i * row + k);
    const norm = Math.sqrt(column.reduce((sum, at) => sum + W[at] * W[at], 0));
    factors[k] = norm > limit && Number.isFinite(norm) ? limit / norm : 1;
    for (const at of column) W[at] = A.mul(W[at], A.of(factors[k]));
  }
};

export const addLosses: Definition<'addLosses'> = (_A, sums, others, n) => write(sums, n, (k) => sums[k] + others[k]);

export const weighLosses: Definition<'weighLosses'> = (A, lossSums, dy, losses, w, B, leafRows, O) => {
  write(lossSums, Math.ceil(B / leafRows), (k) =>
    upTo(Math.min(leafRows, B - k * leafRows)).reduce(
      (sum, n) => sum + w[k * leafRows + n] * losses[k * leafRows + n],
      0,
    ),
  );
  write(dy, B * O, (i) => A.flush(A.mul(A.of(w[Math.floor(i / O)]), dy[i])));
};
