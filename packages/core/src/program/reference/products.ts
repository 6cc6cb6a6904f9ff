import { type Elements, roundingOf, typeOf } from '../../math/element-type.ts';
import { fmaOf, type MultiplyAdd } from '../../math/fma.ts';
import { addTree, leafCount } from '../../math/tree/index.ts';
import { reusedZeros } from './reused-zeros.ts';

// The kernels of dense layers, gradients and steps in plain TypeScript. They define the bits: a backend equals them or
// documents the difference. Every operation is rounded to the type of its numbers. Sums of products end with + 0, which
// turns -0 into +0: whether terms of 0 were added can change nothing but the sign of a zero sum.

/** The three products of a dense layer, with x · y + sum as `multiplyAddOf` gives it for the type of an array. */
export function defineProducts(multiplyAddOf: (array: Elements) => MultiplyAdd) {
  /**
   * y[B,O] = x[B,I] · W[I,O] + b[O], with rows of W `row` numbers apart; each sum starts at b[o] and adds i ascending.
   * Overwrites `y`.
   */
  function affine(
    y: Elements, // [B, O] out
    x: Elements, // [B, I]
    W: Elements, // [I, row]
    b: Elements, // [O]
    B: number,
    I: number,
    O: number,
    row: number,
  ): void {
    const multiplyAdd = multiplyAddOf(y);
    for (let n = 0; n < B; n++) {
      const yRow = n * O;
      for (let o = 0; o < O; o++) y[yRow + o] = b[o];
      for (let i = 0; i < I; i++) {
        const xi = x[n * I + i];
        const wRow = i * row;
        for (let o = 0; o < O; o++) y[yRow + o] = multiplyAdd(xi, W[wRow + o], y[yRow + o]);
      }
      for (let o = 0; o < O; o++) y[yRow + o] += 0;
    }
  }

  /** dx[B,I] = dy[B,O] · Wᵀ; each sum starts at 0 and adds o ascending. Overwrites `dx`. */
  function affineBackwardInput(
    dx: Elements, // [B, I] out
    dy: Elements, // [B, O]
    W: Elements, // [I, O]
    B: number,
    I: number,
    O: number,
  ): void {
    const multiplyAdd = multiplyAddOf(dx);
    for (let n = 0; n < B; n++) {
      const dyRow = n * O;
      for (let i = 0; i < I; i++) {
        const wRow = i * O;
        let sum = 0;
        for (let o = 0; o < O; o++) sum = multiplyAdd(dy[dyRow + o], W[wRow + o], sum);
        dx[n * I + i] = sum + 0;
      }
    }
  }

  /**
   * dW[I,O] = xᵀ · dy and db[O] = Σₙ dy. Each sum is a tree over leaves; a leaf's sum starts at 0 and adds rows n
   * ascending. Overwrites `dW` and `db`, or adds to them if `accumulate`.
   */
  function affineBackwardWeights(
    dW: Elements, // [I, O] out
    db: Elements, // [O] out
    x: Elements, // [B, I]
    dy: Elements, // [B, O]
    B: number,
    leafRows: number,
    accumulate: boolean,
    I: number,
    O: number,
  ): void {
    const multiplyAdd = multiplyAddOf(dW);
    const round = roundingOf(dW);
    // i = I stands for a column of ones in x; its row of the product is db.
    for (let i = 0; i <= I; i++) {
      const sums = reusedZeros(typeOf(dW), leafCount(B, leafRows) * O);
      for (let n = 0; n < B; n++) {
        const xi = i < I ? x[n * I + i] : 1;
        const sum = Math.floor(n / leafRows) * O;
        for (let o = 0; o < O; o++) sums[sum + o] = multiplyAdd(xi, dy[n * O + o], sums[sum + o]);
      }
      const [out, row] = i < I ? [dW, i * O] : [db, 0];
      addTree(sums, leafCount(B, leafRows), O);
      for (let o = 0; o < O; o++) out[row + o] = round(accumulate ? out[row + o] + sums[o] : sums[o]) + 0;
    }
  }

  return { affine, affineBackwardInput, affineBackwardWeights };
}

/** Products that add each term with one rounding. */
export const { affine, affineBackwardInput, affineBackwardWeights } = defineProducts(fmaOf);

/**
 * g[n] = (Σ of S rows that lie `row` numbers apart) · inverseCount[0], summed by the pairwise tree of strides 1, 2, 4,
 * …; square = Σ g[i]² in four lanes i mod 4, joined (l₀ + l₁) + (l₂ + l₃), in doubles for every type. Overwrites
 * `square`, `g` (which may be the first row), and the rows.
 */
export function averageRows(
  square: Float64Array, // [1] out
  g: Elements, // [n] out
  first: Elements, // S rows of n numbers each
  S: number,
  row: number,
  n: number,
  inverseCount: Float64Array, // [1] 1 / rows of the batch, or / positions that count
): void {
  for (let apart = 1; apart < S; apart *= 2) {
    for (let k = 0; k + apart < S; k += 2 * apart) {
      const left = k * row;
      const right = (k + apart) * row;
      for (let i = 0; i < n; i++) first[left + i] += first[right + i];
    }
  }
  const factor = roundingOf(g)(inverseCount[0]);
  for (let i = 0; i < n; i++) g[i] = first[i] * factor;
  square[0] = squares(g, 0, n) + squares(g, 1, n) + (squares(g, 2, n) + squares(g, 3, n));
}

/** Σ g[i]² over i = lane, lane + 4, … below n. */
function squares(
  g: Elements, // [n]
  lane: number,
  n: number,
): number {
  let sum = 0;
  for (let i = lane; i < n; i += 4) sum += g[i] * g[i];
  return sum;
}

/** sum[i] += term[i]. Overwrites `sum`. */
export function add(
  sum: Elements, // [n] in and out
  term: Elements, // [n]
  n: number,
): void {
  for (let i = 0; i < n; i++) sum[i] += term[i];
}

/** g[i] *= factor. Overwrites `g`. */
export function scale(
  g: Elements, // [n] in and out
  n: number,
  factor: Float64Array, // [1]
): void {
  if (factor[0] === 1) return;
  const roundedFactor = roundingOf(g)(factor[0]);
  for (let i = 0; i < n; i++) g[i] *= roundedFactor;
}
