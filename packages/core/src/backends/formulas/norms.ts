import {
  type Arithmetic,
  type Elementwise,
  elementwiseOp,
  type FormulaInputs,
  type OutputFormula,
} from './arithmetic.ts';
import type { Value } from './formula.ts';

/** A formula of matrices: inputs and outputs have the numbers of rows one after the other. */
export interface MatrixFormula extends OutputFormula {
  /** Whether rows of the outputs have a distance of their own, the last argument of the kernel. @default false */
  readonly hasOwnDistance?: boolean;
}

/** An operation that is the formula of matrices. */
export interface MatrixOp extends MatrixFormula {
  /** Names of the arguments that count rows, columns and, if named, matrices, each with `rows` of its own. */
  readonly sizes: readonly [rows: string, columns: string, matrices?: string];
}

/** Terms that are summed over the rows of matrices, column by column. */
export interface ColumnTerms extends FormulaInputs {
  readonly sums: number; // how many: one for each term
  /** The terms, from inputs, rows and columns in this order. */
  apply(m: Arithmetic, ...values: Value[]): Value[];
}

/** (x - mean) · scale. */
const normalize = ({ subtract, multiply }: Arithmetic, x: Value, mean: Value, scale: Value): Value =>
  multiply(subtract(x, mean), scale);

/** dx = scale · ((dy · γ - meanG) - x̂ · slope), flushed: that of layer-norm and group-norm. */
function inputGradient(
  m: Arithmetic,
  dy: Value,
  x: Value,
  gamma: Value,
  mean: Value,
  scale: Value,
  meanG: Value,
  slope: Value,
): Value {
  const { subtract, multiply, flush } = m;
  const rest = subtract(subtract(multiply(dy, gamma), meanG), multiply(normalize(m, x, mean, scale), slope));
  return flush(multiply(scale, rest));
}

/** Elementwise operations of batch-norm, on a number of each channel. */
export const channelFormulas: Readonly<Record<string, Elementwise>> = {
  batchNormScales: {
    inputs: ['variance'],
    numbers: ['epsilon'],
    outputs: ['scales'],
    sizes: [null, 'size'],
    apply: ({ constant, add, divide, squareRoot }, variance, epsilon) => [
      divide(constant(1), squareRoot(add(variance, epsilon))),
    ],
  },
  // `factor` is B / (B - 1) for a variance of B values, which makes it unbiased, and 1 for a mean.
  movingAverage: elementwiseOp(
    ['running', 'value'],
    ['running'],
    ({ constant, add, subtract, multiply }, running, value, momentum, factor) => [
      add(multiply(subtract(constant(1), momentum), running), multiply(momentum, multiply(value, factor))),
    ],
    ['momentum', 'factor'],
  ),
};

/** Operations of matrices, by operation name. */
export const matrixOps: Readonly<Record<string, MatrixOp>> = {
  batchNormForward: {
    inputs: ['x'],
    rows: ['mean', 'scales', 'gamma', 'beta'],
    outputs: ['y'],
    sizes: ['B', 'size'],
    apply: (m, x, mean, scale, gamma, beta) => [m.add(m.multiply(gamma, normalize(m, x, mean, scale)), beta)],
  },
  batchNormBackwardInput: {
    inputs: ['dy', 'x'],
    rows: ['mean', 'scales', 'gamma', 'meanDy', 'meanDyXHat'],
    outputs: ['dx'],
    sizes: ['B', 'size'],
    apply(m, dy, x, mean, scale, gamma, meanDy, meanDyXHat) {
      const { subtract, multiply, flush } = m;
      const slope = multiply(normalize(m, x, mean, scale), meanDyXHat);
      return [flush(multiply(multiply(gamma, scale), subtract(subtract(dy, meanDy), slope)))];
    },
  },
  groupNormBackwardInput: {
    inputs: ['dy', 'x'],
    rows: ['mean', 'scales', 'gamma', 'meanG', 'slope'],
    outputs: ['dx'],
    sizes: ['R', 'C'],
    apply(m, dy, x, mean, scale, gamma, meanG, slope) {
      return [inputGradient(m, dy, x, gamma, mean, scale, meanG, slope)];
    },
  },
  multiplyRow: {
    inputs: ['x'],
    rows: ['row'],
    outputs: ['y'],
    sizes: ['B', 'size'],
    apply: ({ multiply }, x, row) => [multiply(x, row)],
  },
  addRow: {
    inputs: ['y'],
    rows: ['row'],
    outputs: ['y'],
    sizes: ['B', 'size'],
    apply: ({ add }, y, row) => [add(y, row)],
  },
  spreadRows: { inputs: [], columns: ['x'], outputs: ['y'], sizes: ['B', 'n'], apply: (_m, x) => [x] },
  globalAvgPoolBackward: {
    inputs: [],
    rows: ['dy'],
    numbers: ['R'],
    outputs: ['dx'],
    sizes: ['R', 'C', 'B'],
    apply: ({ divide, flush }, dy, count) => [flush(divide(dy, count))],
  },
};

/** A formula that reads sums of each row, which are made before. */
export interface RowFormula extends MatrixFormula {
  readonly columns: readonly string[];
  /** The columns that the kernel of the sums writes. */
  readonly results: readonly string[];
  /** The arguments of the kernel that makes the sums: arrays, and then numbers. */
  readonly sums: readonly string[];
  readonly sumNumbers: readonly ('size' | 'epsilon')[];
}

/** Operations of layer-norm and rms-norm. An array that is not an operand is scratch with a number for each row. */
export const rowFormulas = {
  layerNormForward: {
    results: ['means', 'scales'],
    sums: ['means', 'scales', 'x'],
    sumNumbers: ['size', 'epsilon'],
    inputs: ['x'],
    rows: ['gamma', 'beta'],
    columns: ['means', 'scales'],
    outputs: ['y'],
    apply: (m, x, gamma, beta, mean, scale) => [m.add(m.multiply(gamma, normalize(m, x, mean, scale)), beta)],
  },
  layerNormBackwardInput: {
    results: ['slopes', 'meanGs'],
    sums: ['slopes', 'meanGs', 'dy', 'x', 'scales', 'means', 'gamma'],
    sumNumbers: ['size'],
    inputs: ['dy', 'x'],
    rows: ['gamma'],
    columns: ['means', 'scales', 'meanGs', 'slopes'],
    outputs: ['dx'],
    apply(m, dy, x, gamma, mean, scale, meanG, slope) {
      return [inputGradient(m, dy, x, gamma, mean, scale, meanG, slope)];
    },
  },
  rmsNormForward: {
    results: ['scales'],
    sums: ['scales', 'x'],
    sumNumbers: ['size', 'epsilon'],
    inputs: ['x'],
    rows: ['gamma'],
    columns: ['scales'],
    outputs: ['y'],
    apply: ({ multiply }, x, gamma, scale) => [multiply(gamma, multiply(x, scale))],
  },
  rmsNormBackwardInput: {
    results: ['slopes'],
    sums: ['slopes', 'dy', 'x', 'scales', 'gamma'],
    sumNumbers: ['size'],
    inputs: ['dy', 'x'],
    rows: ['gamma'],
    columns: ['scales', 'slopes'],
    outputs: ['dx'],
    apply: ({ subtract, multiply, flush }, dy, x, gamma, scale, slope) => [
      flush(multiply(scale, subtract(multiply(dy, gamma), multiply(multiply(x, scale), slope)))),
    ],
  },
} satisfies Record<string, RowFormula>;

export type RowFormulaName = keyof typeof rowFormulas;

/** Terms of sums over rows. */
export const columnTerms = {
  plain: { sums: 1, inputs: ['a'], apply: (_m, a) => [a] },
  squares: {
    sums: 1,
    inputs: ['x'],
    rows: ['mean'],
    apply({ subtract, multiply }, x, mean) {
      const c = subtract(x, mean);
      return [multiply(c, c)];
    },
  },
  /** dy · x̂ and dy, where mean and scale are those of a column. */
  byColumn: {
    sums: 2,
    inputs: ['dy', 'x'],
    rows: ['mean', 'scale'],
    apply: (m, dy, x, mean, scale) => [m.multiply(dy, normalize(m, x, mean, scale)), dy],
  },
  /** dy · x̂ and dy, where mean and scale are those of a row. */
  byRow: {
    sums: 2,
    inputs: ['dy', 'x'],
    columns: ['mean', 'scale'],
    apply: (m, dy, x, mean, scale) => [m.multiply(dy, normalize(m, x, mean, scale)), dy],
  },
  /** dy · x̂ where x̂ is x · scale of the row. */
  scaled: {
    sums: 1,
    inputs: ['dy', 'x'],
    columns: ['scale'],
    apply: ({ multiply }, dy, x, scale) => [multiply(dy, multiply(x, scale))],
  },
} satisfies Record<string, ColumnTerms>;

export type TermsName = keyof typeof columnTerms;
