import { checkObject, option } from '@gradloom/core/internal';
import type { DataMatrix, Dataset } from '../data/dataset.ts';
import { anyRows } from '../data/file-rows.ts';
import { gatherRows } from '../data/gather.ts';

/** Maximum of rows of the regression, of products of their inputs, and of targets: a tenth of a second. */
const MAX_ROWS = 400;
const MAX_PRODUCTS = 2 ** 29;
const MAX_TARGETS = 100;

/** Powers of √2: the least and the greatest decay. */
const [MIN_POWER, MAX_POWER] = [-6, 6];
/** The least one with an input for five rows or fewer: such a regression fits noise, and finds λ too small. */
const MIN_WIDE_POWER = 2;

/**
 * The weight decay of adamw that suits how much of the targets is noise: 8·√(λ/N) from 1/8 to 8, with the λ of a ridge
 * regression that answers each row best from the others, classes as 0 and 1. With an input for five rows or
 * fewer it is 2 or more. Reads up to 400 rows, evenly spaced.
 * [Golub, Heath, Wahba 1979](https://doi.org/10.1080/00401706.1979.10489751)
 */
export function fittedDecay(train: Dataset): number {
  const { rows, inputs, targets } = checkObject('fittedDecay', 'train', train, 'a dataset');
  const N = option.positiveInteger.check('fittedDecay', 'train.rows', rows);
  for (const [name, matrix] of Object.entries({ inputs, targets })) {
    checkObject('fittedDecay', `train.${name}`, matrix, '{ array, columns, divisor }');
  }
  const n = Math.max(1, Math.floor(Math.min(N, MAX_ROWS, Math.sqrt(MAX_PRODUCTS / inputs.columns))));
  const order = Uint32Array.from({ length: n }, (_, k) => Math.floor((k * N) / n));
  const x = columnsOf(inputs, order).map(centred);
  const K = new Float64Array(n * n); // the lower triangle of x·xᵀ
  for (const column of x) {
    for (let i = 0; i < n; i++) {
      const xi = column[i];
      if (xi !== 0) for (let j = 0; j <= i; j++) K[i * n + j] += xi * column[j];
    }
  }
  const y = targetsOf(train, order).map(centred);
  const errorOf = (power: number): number => leaveOneOutError(K, y, n, N * (decayOf(power) / 8) ** 2);
  const minPower = 5 * inputs.columns < N ? MIN_POWER : MIN_WIDE_POWER;
  let power = Math.max(0, minPower);
  let error = errorOf(power);
  for (const step of [1, -1]) {
    for (let next = power + step; next >= minPower && next <= MAX_POWER; next += step) {
      const nextError = errorOf(next);
      if (!(nextError < error)) break;
      [power, error] = [next, nextError];
    }
  }
  return decayOf(power);
}

/** √2 to a whole power, with the same bits in every engine. */
const decayOf = (power: number): number => 2 ** Math.floor(power / 2) * (power % 2 === 0 ? 1 : Math.SQRT2);

/** Columns of the targets, one for each class. */
function targetsOf({ targets, classes, heads }: Dataset, order: Uint32Array): Float64Array[] {
  const columns = columnsOf(targets, order);
  const classCounts = heads?.flatMap((head) => new Array<number | null>(head.columns).fill(head.classes));
  return columns
    .flatMap((column, c) => {
      const count = classCounts === undefined ? classes : classCounts[c];
      if (count === null) return [column];
      return Array.from({ length: Math.min(count, MAX_TARGETS) }, (_, k) =>
        column.map((label) => (label === k ? 1 : 0)),
      );
    })
    .slice(0, MAX_TARGETS);
}

function columnsOf(matrix: DataMatrix, order: Uint32Array): Float64Array[] {
  const { columns } = matrix;
  const rows = new Float64Array(order.length * columns);
  gatherRows(rows, matrix, order, 0, order.length, anyRows);
  return Array.from({ length: columns }, (_, c) => Float64Array.from(order, (_, n) => rows[n * columns + c]));
}

function centred(column: Float64Array): Float64Array {
  const mean = column.reduce((sum, value) => sum + value, 0) / column.length;
  return column.map((value) => value - mean);
}

/** Squares of the errors of ridge regression, each row answered by the others: (A⁻¹y)ᵢ / (A⁻¹)ᵢᵢ with A = K + λI. */
function leaveOneOutError(
  K: Float64Array, // [n, n] lower triangle
  y: readonly Float64Array[], // [targets][n]
  n: number,
  lambda: number,
): number {
  const M = inverseFactor(K, n, lambda);
  const diagonal = new Float64Array(n); // of A⁻¹ = MᵀM
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) diagonal[j] += M[i * n + j] ** 2;
  let error = 0;
  for (const column of y) {
    const solution = new Float64Array(n); // MᵀMy
    for (let i = 0; i < n; i++) {
      let z = 0;
      for (let j = 0; j <= i; j++) z += M[i * n + j] * column[j];
      for (let j = 0; j <= i; j++) solution[j] += M[i * n + j] * z;
    }
    for (let i = 0; i < n; i++) error += (solution[i] / diagonal[i]) ** 2;
  }
  return error;
}

/** M = L⁻¹ [n, n], lower triangle, of Cholesky's factor: LLᵀ = K + λI. */
function inverseFactor(K: Float64Array, n: number, lambda: number): Float64Array {
  const L = K.slice();
  const M = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const row = i * n;
    L[row + i] += lambda;
    for (let j = 0; j <= i; j++) {
      let sum = L[row + j];
      for (let k = 0; k < j; k++) sum -= L[row + k] * L[j * n + k];
      L[row + j] = j === i ? Math.sqrt(sum) : sum / L[j * n + j];
    }
    for (let k = 0; k < i; k++) for (let j = 0; j <= k; j++) M[row + j] -= L[row + k] * M[k * n + j];
    M[row + i] = 1;
    for (let j = 0; j <= i; j++) M[row + j] /= L[row + i];
  }
  return M;
}
