import { defineOptions, finite, type OptionsOf } from '../../checks/options/index.ts';
import type { Initializer } from './initializer.ts';

export const orthogonalOptions = defineOptions('initializer orthogonal', {
  /** Every singular value of the matrix. @default 1 */
  gain: finite(1),
});

/** Options of the orthogonal initializer. */
export interface OrthogonalOptions extends OptionsOf<typeof orthogonalOptions.table> {}

/**
 * gain · Q with QᵀQ = 1 (orthonormal columns, or rows if there are fewer rows), uniform over all such Q: the
 * Gram-Schmidt factor of a normal matrix, whose R has a positive diagonal. [Saxe et al.
 * 2014](https://arxiv.org/abs/1312.6120); for uniformity [Mezzadri 2007](https://arxiv.org/abs/math-ph/0609050)
 */
export function orthogonal(options: OrthogonalOptions = {}): Initializer {
  const { gain } = orthogonalOptions.read(options);
  return (out, fanIn, fanOut, random, columns = fanOut) => {
    const rows = columns === fanOut ? fanIn : out.length / columns;
    const length = Math.max(rows, columns);
    const vectors: Float64Array[] = [];
    while (vectors.length < Math.min(rows, columns)) {
      const vector = Float64Array.from({ length }, () => random.normal());
      // Two passes: one would leave the rounding error of a vector that is close to earlier ones.
      for (let pass = 0; pass < 2; pass++) {
        for (const earlier of vectors) addScaled(vector, earlier, -dot(vector, earlier));
        const norm = Math.sqrt(dot(vector, vector));
        for (let i = 0; i < length; i++) vector[i] /= norm;
      }
      vectors.push(vector);
    }
    const areColumns = rows >= columns;
    for (const [k, vector] of vectors.entries()) {
      for (let i = 0; i < length; i++) out[areColumns ? i * columns + k : k * columns + i] = gain * vector[i];
    }
  };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** y[i] += factor · x[i]. */
function addScaled(y: Float64Array, x: Float64Array, factor: number): void {
  for (let i = 0; i < y.length; i++) y[i] += factor * x[i];
}
