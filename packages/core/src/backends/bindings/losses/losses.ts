import { elementwiseLosses } from '../../../families/losses/elementwise.ts';
import type { LossFormula } from '../../../families/losses/loss.ts';
import type { Elements } from '../../../math/element-type.ts';
import { mathOf } from '../../../math/real-math.ts';
import { addressOf } from '../../../program/address.ts';
import type { Bound } from '../../../program/kernels.ts';
import { functionName } from '../../../program/op.ts';
import type { lossOp } from '../../../program/ops/losses.ts';
import type { weighLosses } from '../../../program/reference/step.ts';
import type { CodeLayout } from '../../code.ts';
import { isPlain, type KernelInput } from '../../formulas/expression.ts';
import type { BindCall } from '../call-tape.ts';
import type { FormulaCall, RowKernels } from './row-kernels.ts';

type Arguments = readonly [
  ...[lossSums: Float64Array, dy: Elements, y: Elements, t: Elements, B: number, leafRows: number, O: number],
  parameter?: number,
];
/** Makes calls of losses, and of their weighing; null for other operations. */
export function createLosses(layout: CodeLayout, rowKernels: RowKernels): BindCall {
  const { scratchArrays, record, compute, computeByRow, reduceRows, atClasses, addLeaves } = rowKernels;
  const { terms, maxima, sums, logitSums, logits, gradients, rowLosses } = scratchArrays;
  const { round } = mathOf(layout.type);

  /** Records a loss that is a sum over outputs, each with a term and a gradient by the formula `name`. */
  function elementwiseLoss(
    name: FormulaCall['name'],
    numbers: readonly number[],
    divisor: number,
    [lossSums, dy, y, t, B, leafRows, O]: Arguments,
  ): Bound {
    const call = { name, arrays: [addressOf(y), addressOf(t), terms, addressOf(dy)], numbers };
    const leafSums = addressOf(lossSums);
    // The only term of a row is its loss.
    if (O === 1) return record(B, O, [compute(O, call), addLeaves(leafSums, leafRows, terms)]);
    const results = rowLosses;
    return record(B, O, [compute(O, { ...call, sums: { results, divisor } }), addLeaves(leafSums, leafRows, results)]);
  }

  /** A user's own formula; null for plain code. */
  function ownLoss({ expressionOf, divisorOf }: LossFormula, args: Arguments): Bound | null {
    const [, , , , , , O] = args;
    const expression = expressionOf(O);
    const kernel = isPlain(expression) ? null : layout.formula(expression, OUTPUT_AND_TARGET);
    return kernel === null ? null : elementwiseLoss(kernel, [], divisorOf(O), args);
  }

  function crossEntropy([lossSums, dy, y, t, B, leafRows, O, smoothing]: Arguments): Bound {
    const [leafSums, dyAt, yAt, classes] = [lossSums, dy, y, t].map(addressOf);
    const roundedSmoothing = round(smoothing ?? 0);
    const confidence = round(1 - roundedSmoothing);
    const off = round(roundedSmoothing / round(O));
    const on = round(confidence + off);
    const exponentials =
      smoothing === undefined
        ? { name: 'exponentials', arrays: [yAt, maxima, dyAt] }
        : { name: 'logitExponentials', arrays: [yAt, maxima, dyAt, terms], sums: { results: logitSums, divisor: 1 } };
    // The arrays of the formula `classes`. Without smoothing it multiplies the sum of logits by 0: any array will do.
    const rowArrays = [logits, maxima, sums, smoothing === undefined ? sums : logitSums, rowLosses, gradients];
    return record(B, O, [
      reduceRows('rowMaxima', O, maxima, yAt),
      atClasses('readTargets', O, logits, yAt, classes),
      computeByRow(O, exponentials, 'elements'),
      reduceRows('rowSums', O, sums, dyAt),
      computeByRow(O, { name: 'otherClasses', arrays: [dyAt, sums, dyAt], numbers: [off] }, 'elements'),
      compute(1, { name: 'classes', arrays: rowArrays, numbers: [confidence, on, off] }),
      atClasses('writeTargets', O, gradients, dyAt, classes),
      addLeaves(leafSums, leafRows, rowLosses),
    ]);
  }

  /** The arrays `logits`, `logitSums` and `sums` have Σ t, Σ t c and Σ e^c of each row. */
  function softCrossEntropy([lossSums, dy, y, t, B, leafRows, O]: Arguments): Bound {
    const [leafSums, dyAt, yAt, tAt] = [lossSums, dy, y, t].map(addressOf);
    return record(B, O, [
      reduceRows('rowMaxima', O, maxima, yAt),
      computeByRow(O, { name: 'differences', arrays: [yAt, maxima, dyAt] }, 'elements'),
      compute(O, { name: 'products', arrays: [dyAt, tAt, terms], sums: { results: logitSums, divisor: 1 } }),
      reduceRows('rowMaxima', O, maxima, dyAt), // 0 each, as y may have been overwritten by c
      computeByRow(O, { name: 'exponentials', arrays: [dyAt, maxima, dyAt] }, 'elements'),
      reduceRows('rowSums', O, sums, dyAt),
      reduceRows('rowSums', O, logits, tAt),
      computeByRow(O, { name: 'shares', arrays: [dyAt, sums, dyAt] }, 'elements'),
      computeByRow(O, { name: 'weighed', arrays: [dyAt, logits, dyAt] }, 'elements'),
      compute(O, { name: 'flushedDifferences', arrays: [dyAt, tAt, dyAt] }),
      compute(1, { name: 'logarithms', arrays: [sums, sums] }),
      compute(1, { name: 'products', arrays: [logits, sums, rowLosses] }),
      compute(1, { name: 'flushedDifferences', arrays: [rowLosses, logitSums, rowLosses] }),
      addLeaves(leafSums, leafRows, rowLosses),
    ]);
  }

  function weighing([lossSums, dy, losses, w, B, leafRows, O]: Parameters<typeof weighLosses>): Bound {
    const [leafSums, dyAt, lossesAt, weights] = [lossSums, dy, losses, w].map(addressOf);
    return record(B, O, [
      computeByRow(O, { name: 'weighed', arrays: [dyAt, weights, dyAt] }, 'doubles'),
      addLeaves(leafSums, leafRows, lossesAt, weights),
    ]);
  }

  return ({ op, args }) => {
    const { name } = op;
    // The casts are safe: `emit` has checked the types of the arguments.
    const { lossFormula } = op as ReturnType<typeof lossOp>;
    if (lossFormula !== undefined) return ownLoss(lossFormula, args as Arguments);
    const over = sumsBy.get(name);
    if (over !== undefined) {
      const [, , , , , , O, parameter = 0] = args as Arguments;
      const divisor = over === 'mean' ? O : 1;
      return elementwiseLoss(name, [parameter, divisor], divisor, args as Arguments);
    }
    if (crossEntropies.includes(name)) return crossEntropy(args as Arguments);
    if (name === 'softTargetCrossEntropy') return softCrossEntropy(args as Arguments);
    return name === 'weighLosses' ? weighing(args as Parameters<typeof weighLosses>) : null;
  };
}

/** The inputs of a formula of a loss. */
const OUTPUT_AND_TARGET: readonly KernelInput[] = [
  [0, 'inputs'],
  [1, 'inputs'],
];

const crossEntropies = ['softmaxCrossEntropy', 'smoothedCrossEntropy'];

/** Whether an elementwise loss is a mean or a sum over outputs, by the name of its operation. */
const sumsBy = new Map(Object.entries(elementwiseLosses).map(([name, { over }]) => [functionName(name), over]));

/** Names of the operations that have machine code. */
export const lossOperations = [...sumsBy.keys(), ...crossEntropies, 'softTargetCrossEntropy', 'weighLosses'];
