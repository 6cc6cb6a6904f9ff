import { type ElementwiseLoss, elementwiseLosses } from '../../families/losses/elementwise.ts';
import { functionName } from '../../program/op.ts';
import { type Elementwise, elementwiseOp } from './arithmetic.ts';
import type { Condition, Value } from './formula.ts';

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
  ...Object.fromEntries(
    Object.entries<ElementwiseLoss>(elementwiseLosses).map(([name, { value, slope }]) => {
      const apply: Elementwise['apply'] = (m, y, t, parameter, divisor) => [
        value<Value, Condition>(m, y, t, parameter),
        m.flush(m.divide(slope<Value, Condition>(m, y, t, parameter), divisor)),
      ];
      return [functionName(name), elementwiseOp(['y', 't'], ['terms', 'dy'], apply, ['parameter', 'divisor'])];
    }),
  ),
  ...formulasByRow,
  ...Object.fromEntries(
    Object.entries(formulasByRow).map(
      ([
        name,
        {
          inputs: [x, rowNumber],
          ...formula
        },
      ]) => [`${name} by row`, { ...formula, inputs: [x], columns: [rowNumber] }],
    ),
  ),
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
