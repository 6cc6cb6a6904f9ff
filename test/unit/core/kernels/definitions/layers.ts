import type { Elements } from '../../../../../packages/core/src/math/element-type.ts';
import { philox4x32 } from '../../../../../packages/core/src/math/random/philox.ts';
import type { Arithmetic } from '../../../../support/arithmetic.ts';
import type { Definition } from './definition.ts';
import { chain, lanes, overRows, tree, upTo, write } from './sums.ts';

export const dropout: Definition<'dropout'> = (A, y, x, stepAndRow, B, size, key0, key1, threshold, factor) => {
  const [step, firstRow] = stepAndRow;
  const words = new Uint32Array(4);
  write(y, B * size, (i) => {
    const [n, o] = [Math.floor(i / size), i % size];
    philox4x32(words, o >>> 2, firstRow + n, step, step / 2 ** 32, key0, key1);
    return A.mul(x[i], words[o % 4] < threshold ? 0 : A.of(factor));
  });
};

export const channelDropout: Definition<'channelDropout'> = (
  ...[A, y, x, _mask, stepAndRow, B, R, C, key0, key1, threshold, factor]
) => {
  const [step, firstRow] = stepAndRow;
  const words = new Uint32Array(4);
  write(y, B * R * C, (i) => {
    const [n, c] = [Math.floor(i / (R * C)), i % C];
    philox4x32(words, c >>> 2, firstRow + n, step, step / 2 ** 32, key0, key1);
    return A.mul(x[i], words[c % 4] < threshold ? 0 : A.of(factor));
  });
};

export const augment: Definition<'augment'> = (A, x, _image, drawn, B, H, V, C, isWhole) => {
  const images = [...x];
  write(x, B * H * V * C, (at) => {
    const [n, i, j, k] = [Math.floor(at / (H * V * C)), Math.floor(at / (V * C)) % H, Math.floor(at / C) % V, at % C];
    const [a, b, c, d, e, f, top, left, height, width] = drawn.slice(n * 10, n * 10 + 10);
    const [pointX, pointY] = [a * j + (b * i + c), d * j + (e * i + f)]; // doubles in both types
    if (i >= top && i < top + height && j >= left && j < left + width) return 0;
    const pixel = (row: number, column: number) =>
      row < 0 || row >= H || column < 0 || column >= V ? 0 : images[((n * H + row) * V + column) * C + k];
    if (isWhole) return pixel(pointY, pointX);
    if (pointX <= -1 || pointX >= V || pointY <= -1 || pointY >= H) return 0;
    const [row, column] = [Math.floor(pointY), Math.floor(pointX)];
    const between = (p: number, q: number, share: number) => A.add(p, A.mul(A.of(share), A.sub(q, p)));
    const line = (row: number) => between(pixel(row, column), pixel(row, column + 1), pointX - column);
    return between(line(row), line(row + 1), pointY - row);
  });
};

export const layerNormForward: Definition<'layerNormForward'> = (
  ...[A, y, means, scales, x, gamma, beta, B, size, epsilon]
) => {
  for (const n of upTo(B)) {
    const row = [...x.subarray(n * size, (n + 1) * size)];
    const mean = A.div(lanes(A, row), A.of(size));
    const centered = row.map((value) => A.sub(value, mean));
    const squares = centered.map((c) => A.mul(c, c));
    const variance = A.div(lanes(A, squares), A.of(size));
    const s = A.div(1, A.sqrt(A.add(variance, A.of(epsilon))));
    means[n] = mean;
    scales[n] = s;
    for (const j of upTo(size)) y[n * size + j] = A.add(A.mul(gamma[j], A.mul(centered[j], s)), beta[j]);
  }
};

export const layerNormBackwardWeights: Definition<'layerNormBackwardWeights'> = (
  ...[A, dGamma, dBeta, _sums, dy, x, means, scales, B, leafRows, accumulate, R, size]
) => {
  const term = (j: number) => (p: number) =>
    A.mul(dy[p * size + j], A.mul(A.sub(x[p * size + j], means[p]), scales[p]));
  write(dGamma, size, (j) => A.add(accumulate ? dGamma[j] : 0, overRows(A, B, leafRows, R, term(j))));
  const dyOf = (j: number) => (n: number) => dy[n * size + j];
  write(dBeta, size, (j) => A.add(accumulate ? dBeta[j] : 0, overRows(A, B, leafRows, R, dyOf(j))));
};

export const layerNormBackwardInput: Definition<'layerNormBackwardInput'> = (
  ...[A, dx, _g, dy, x, means, scales, gamma, B, size]
) => {
  for (const n of upTo(B)) {
    const h = upTo(size).map((j) => A.mul(A.sub(x[n * size + j], means[n]), scales[n]));
    const g = h.map((_, j) => A.mul(dy[n * size + j], gamma[j]));
    const mean = A.div(lanes(A, g), A.of(size));
    const products = g.map((value, j) => A.mul(value, h[j]));
    const slope = A.div(lanes(A, products), A.of(size));
    for (const j of upTo(size)) {
      dx[n * size + j] = A.flush(A.mul(scales[n], A.sub(A.sub(g[j], mean), A.mul(h[j], slope))));
    }
  }
};

export const leafSums: Definition<'leafSums'> = (A, sums, _levels, a, B, leafRows, R, size) =>
  sumsOfLeaves(A, sums, B, leafRows, R, size, (i) => a[i]);

export const leafSquares: Definition<'leafSquares'> = (A, sums, _levels, x, mean, B, leafRows, R, size) =>
  sumsOfLeaves(A, sums, B, leafRows, R, size, (i) => {
    const c = A.sub(x[i], mean[i % size]);
    return A.mul(c, c);
  });

export const leafGradients: Definition<'leafGradients'> = (
  ...[A, dGammas, dBetas, _levels, dy, x, mean, scales, B, leafRows, R, size]
) => {
  const xHat = (i: number) => A.mul(A.sub(x[i], mean[i % size]), scales[i % size]);
  sumsOfLeaves(A, dGammas, B, leafRows, R, size, (i) => A.mul(dy[i], xHat(i)));
  sumsOfLeaves(A, dBetas, B, leafRows, R, size, (i) => dy[i]);
};

function sumsOfLeaves(
  ...[A, sums, B, leafRows, R, size, term]: [
    Arithmetic,
    Elements,
    number,
    number,
    number,
    number,
    (i: number) => number,
  ]
): void {
  const leaves = Math.max(1, Math.ceil(B / leafRows));
  write(sums, leaves * size, (i) => {
    const [first, j] = [Math.floor(i / size) * leafRows, i % size];
    return overRows(A, Math.min(leafRows, B - first), leafRows, R, (p) => term((first * R + p) * size + j));
  });
}

export const leafMean: Definition<'leafMean'> = (A, mean, _levels, sums, leaves, size, rows) =>
  write(mean, size, (j) => {
    const all = upTo(leaves).map((k) => sums[k * size + j]);
    return A.div(tree(A, all), A.of(rows));
  });

export const leafTotal: Definition<'leafTotal'> = (A, g, _levels, sums, leaves, accumulate, size) =>
  write(g, size, (j) => {
    const sum = tree(
      A,
      upTo(leaves).map((k) => sums[k * size + j]),
    );
    return accumulate ? A.add(g[j], sum) : sum;
  });

export const batchNormScales: Definition<'batchNormScales'> = (A, scales, variance, size, epsilon) =>
  write(scales, size, (j) => A.div(1, A.sqrt(A.add(variance[j], A.of(epsilon)))));

export const batchNormForward: Definition<'batchNormForward'> = (A, y, x, mean, scales, gamma, beta, B, size) =>
  write(y, B * size, (i) => {
    const j = i % size;
    return A.add(A.mul(gamma[j], A.mul(A.sub(x[i], mean[j]), scales[j])), beta[j]);
  });

export const batchNormBackwardInput: Definition<'batchNormBackwardInput'> = (
  ...[A, dx, dy, x, mean, scales, gamma, meanDy, meanDyXHat, B, size]
) =>
  write(dx, B * size, (i) => {
    const j = i % size;
    const xHat = A.mul(A.sub(x[i], mean[j]), scales[j]);
    const rest = A.sub(A.sub(dy[i], meanDy[j]), A.mul(xHat, meanDyXHat[j]));
    return A.flush(A.mul(A.mul(gamma[j], scales[j]), rest));
  });

export const rmsNormForward: Definition<'rmsNormForward'> = (A, y, scales, x, gamma, B, size, epsilon) => {
  for (const n of upTo(B)) {
    const row = [...x.subarray(n * size, (n + 1) * size)];
    const squares = row.map((value) => A.mul(value, value));
    const s = A.div(1, A.sqrt(A.add(A.div(lanes(A, squares), A.of(size)), A.of(epsilon))));
    scales[n] = s;
    for (const j of upTo(size)) y[n * size + j] = A.mul(gamma[j], A.mul(row[j], s));
  }
};

export const rmsNormBackwardWeights: Definition<'rmsNormBackwardWeights'> = (
  ...[A, dGamma, _sums, dy, x, scales, B, leafRows, accumulate, R, size]
) => {
  const term = (j: number) => (p: number) => A.mul(dy[p * size + j], A.mul(x[p * size + j], scales[p]));
  write(dGamma, size, (j) => A.add(accumulate ? dGamma[j] : 0, overRows(A, B, leafRows, R, term(j))));
};

export const rmsNormBackwardInput: Definition<'rmsNormBackwardInput'> = (A, dx, dy, x, scales, gamma, B, size) => {
  for (const n of upTo(B)) {
    const h = [...x.subarray(n * size, (n + 1) * size)].map((value) => A.mul(value, scales[n]));
    const g = h.map((_, j) => A.mul(dy[n * size + j], gamma[j]));
    const products = g.map((value, j) => A.mul(value, h[j]));
    const m = A.div(lanes(A, products), A.of(size));
    for (const j of upTo(size)) dx[n * size + j] = A.flush(A.mul(scales[n], A.sub(g[j], A.mul(h[j], m))));
  }
};

export const gateForward: Definition<'gateForward'> = (A, y, g, v, n) =>
  write(y, n, (i) => A.mul(A.mul(g[i], A.sigmoid(g[i])), v[i]));

export const gateBackward: Definition<'gateBackward'> = (A, g, v, dy, n) => {
  const both = upTo(n).map((i) => {
    const s = A.sigmoid(g[i]);
    const slope = A.mul(s, A.add(1, A.mul(g[i], A.sub(1, s))));
    return [A.flush(A.mul(A.mul(dy[i], v[i]), slope)), A.flush(A.mul(dy[i], A.mul(g[i], s)))];
  });
  write(g, n, (i) => both[i][0]);
  write(v, n, (i) => both[i][1]);
};

export const embeddingForward: Definition<'embeddingForward'> = (_A, y, x, E, n, width) =>
  write(y, n * width, (i) => E[x[Math.floor(i / width)] * width + (i % width)]);

export const embeddingBackward: Definition<'embeddingBackward'> = (
  ...[A, dE, _first, _next, _sums, _leafOf, x, dy, B, k, leafRows, accumulate, V, width]
) => {
  write(dE, V * width, (at) => {
    const [v, j] = [Math.floor(at / width), at % width];
    const sums = upTo(Math.max(1, Math.ceil(B / leafRows))).map((l) => {
      const leafPositions = upTo(Math.min(leafRows, B - l * leafRows) * k).map((p) => l * leafRows * k + p);
      return chain(
        A,
        leafPositions.filter((p) => x[p] === v).map((p) => dy[p * width + j]),
      );
    });
    const sum = tree(A, sums);
    // A row that nobody asks for keeps its bits.
    if (!x.subarray(0, B * k).includes(v)) return accumulate ? dE[at] : 0;
    return A.add(accumulate ? dE[at] : 0, sum);
  });
};
