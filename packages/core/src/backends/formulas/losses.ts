import { type Arithmetic, type Elementwise, elementwiseOp } from './arithmetic.ts';
import type { Value } from './formula.ts';

/** A loss of families/losses as formulas with the same bits. */
interface LossFormula {
  /** l(y, t), and its derivative by y. */
  of(m: Arithmetic, y: Value, t: Value, parameter: Value): { term: Value; slope: Value };
  readonly over: 'mean' | 'sum';
}

/** Losses that are sums or means over outputs, by the names of their operations. */
export const elementwiseLosses: Readonly<Record<string, LossFormula>> = {
  mse: {
    of({ constant, subtract, multiply }, y, t) {
      const d = subtract(y, t);
      return { term: multiply(d, d), slope: multiply(constant(2), d) };
    },
    over: 'mean',
  },
  quadratic: {
    of(m, y, t) {
      const d = m.subtract(y, t);
      return { term: halfSquare(m, d), slope: d };
    },
    over: 'sum',
  },
  mae: {
    of({ constant, subtract, absolute, compare, choose }, y, t) {
      const d = subtract(y, t);
      const below = choose(compare(y, 'less', t), constant(-1), d);
      return { term: absolute(d), slope: choose(compare(y, 'greater', t), constant(1), below) };
    },
    over: 'mean',
  },
  output: { of: ({ constant }, y) => ({ term: y, slope: constant(1) }), over: 'mean' },
  huber: {
    of(m, y, t, delta) {
      const { constant, subtract, multiply, lesser, greater, negative, absolute, compare, choose } = m;
      const d = subtract(y, t);
      const size = absolute(d);
      const linear = multiply(delta, subtract(size, multiply(constant(0.5), delta)));
      return {
        term: choose(compare(size, 'greater', delta), linear, halfSquare(m, size)),
        slope: greater(negative(delta), lesser(delta, d)),
      };
    },
    over: 'mean',
  },
  binaryCrossEntropy: {
    of(m, y, t) {
      const { constant, add, subtract, multiply, negative, absolute, compare, chooseOrZero, exp, log1p, sigmoid } = m;
      const isYes = chooseOrZero(compare(y, 'greater', constant(0)), constant(1));
      const term = add(multiply(y, subtract(isYes, t)), log1p(exp(negative(absolute(y)))));
      return { term, slope: subtract(sigmoid(y), t) };
    },
    over: 'mean',
  },
};

const halfSquare = ({ constant, multiply }: Arithmetic, d: Value): Value => multiply(multiply(constant(0.5), d), d);

/** Formulas whose second input is one number for each row; `by row` the kernel reads it from an array of them. */
const formulasByRow: Readonly<Record<string, Elementwise>> = {
  /** e^(y - m). */
  exponentials: elementwiseOp(['y', 'm'], ['e'], ({ subtract, exp }, y, m) => [exp(subtract(y, m))]),
  /** c = y - m, and e^c. */
  logitExponentials: elementwiseOp(['y', 'm'], ['e', 'c'], ({ subtract, exp }, y, m) => {
    const c = subtract(y, m);
    return [exp(c), c];
  }),
  /** The gradient at classes other than the row's. */
  otherClasses: elementwiseOp(
    ['e', 's'],
    ['dy'],
    ({ flush, subtract, divide }, e, s, off) => [flush(subtract(divide(e, s), off))],
    ['off'],
  ),
  /** The gradient times the weight of its row. */
  weighed: elementwiseOp(['g', 'w'], ['dy'], ({ flush, multiply }, g, w) => [flush(multiply(w, g))]),
  /** Softmax from its exponentials. */
  shares: elementwiseOp(['e', 's'], ['y'], ({ flush, divide }, e, s) => [flush(divide(e, s))]),
  differences: elementwiseOp(['x', 'm'], ['c'], ({ subtract }, x, m) => [subtract(x, m)]),
  /** e^y · s. */
  expanded: elementwiseOp(['y', 's'], ['z'], ({ multiply, exp }, y, s) => [multiply(exp(y), s)]),
};

/** The formulas of losses and softmax, each for one number. */
export const lossFormulas: Readonly<Record<string, Elementwise>> = {
  ...mapEntries(elementwiseLosses, (name, { of }) => [
    name,
    elementwiseOp(
      ['y', 't'],
      ['terms', 'dy'],
      (m, y, t, parameter, divisor) => {
        const { term, slope } = of(m, y, t, parameter);
        return [term, m.flush(m.divide(slope, divisor))];
      },
      ['parameter', 'divisor'],
    ),
  ]),
  ...formulasByRow,
  ...mapEntries(formulasByRow, (name, { inputs: [x, rowNumber], ...formula }) => [
    `${name} by row`,
    { ...formula, inputs: [x], columns: [rowNumber] },
  ]),
  /** The loss of each row from its logit y at its class, m, s and the sum of all c; and the gradient at its class. */
  classes: elementwiseOp(
    ['y', 'm', 's', 'sum'],
    ['loss', 'dy'],
    ({ flush, subtract, multiply, divide, exp, log }, y, m, s, sum, confidence, on, off) => {
      const c = subtract(y, m);
      const loss = subtract(subtract(log(s), multiply(confidence, c)), multiply(off, sum));
      return [loss, flush(subtract(divide(exp(c), s), on))];
    },
    ['confidence', 'on', 'off'],
  ),
  products: elementwiseOp(['x', 'y'], ['z'], ({ multiply }, x, y) => [multiply(x, y)]),
  flushedDifferences: elementwiseOp(['x', 'y'], ['z'], ({ flush, subtract }, x, y) => [flush(subtract(x, y))]),
  logarithms: elementwiseOp(['s'], ['z'], ({ log }, s) => [log(s)]),
  /** m + log s. */
  logSums: elementwiseOp(['m', 's'], ['y'], ({ add, log }, m, s) => [add(m, log(s))]),
  moved: elementwiseOp(['x'], ['y'], (_m, x) => [x]),
};

/** A table with other names and values. */
function mapEntries<From, To>(
  table: Readonly<Record<string, From>>,
  to: (name: string, value: From) => [string, To],
): Record<string, To> {
  return Object.fromEntries(Object.entries(table).map(([name, value]) => to(name, value)));
}
