import { activationOperators } from './activations.ts';
import { choiceOperators } from './choices.ts';
import { comparisonOperators } from './comparisons.ts';
import { constantOperators } from './constants.ts';
import { convolutionOperators } from './convolutions.ts';
import { einsumOperators } from './einsum.ts';
import { elementOperators } from './elements.ts';
import { gridOperators } from './grids.ts';
import { linearOperators } from './linear.ts';
import { lossOperators } from './losses.ts';
import { moveOperators } from './moves.ts';
import { normOperators } from './norms.ts';
import type { Operator } from './operator.ts';
import { padOperators } from './pad.ts';
import { powerOperators } from './powers.ts';
import { productOperators } from './products.ts';
import { quantizationOperators } from './quantization.ts';
import { recurrentOperators } from './recurrent.ts';
import { reductionOperators } from './reductions.ts';
import { resizeOperators } from './resize.ts';
import { scalarOperators } from './scalars.ts';
import { takeOperators } from './take.ts';
import { trigonometricOperators } from './trigonometry.ts';
import { windowOperators } from './windows.ts';

/**
 * The operators that are known, by name. To add one, write an entry in the table of the file of its group, or a new
 * file for a new group, and run `test/machine/runtime/model-formats/onnx-tests.test.ts` with `ONNX_TESTS=write`.
 *
 * - `evaluate` is the standard's definition in plain code, for tensors: constants are folded with it, and the answers
 *   of an imported model are compared with it. `spread` (scalars.ts) is for functions of numbers, `evaluateAlong`
 *   (reductions.ts) for one axis.
 * - `layers` makes layers of it. Its inputs are `Rows`, which layers compute, or constants. `unary` and `binary`
 *   (scalars.ts) make an operator of a plain function and layers, `composed` one of other operators by `call.apply`.
 *   `alongAxis` (moves.ts) is for layers along one axis of the graph, wherever its numbers lie; `align` for functions
 *   of several values; `arranged` and `plain` (rows.ts) give a value with the numbers in a wanted order, and `newAxes`
 *   axes to what is made of it. `call.add` adds a layer with weights. A transposition or reshape of axes moves nothing
 *   (`Part`).
 * - `call.fault(has, expected)` makes every error, which names the node, its operator and its place.
 */
export const operators: Readonly<Record<string, Operator>> = {
  ...activationOperators,
  ...choiceOperators,
  ...comparisonOperators,
  ...constantOperators,
  ...convolutionOperators,
  ...einsumOperators,
  ...elementOperators,
  ...gridOperators,
  ...linearOperators,
  ...lossOperators,
  ...moveOperators,
  ...normOperators,
  ...padOperators,
  ...powerOperators,
  ...productOperators,
  ...quantizationOperators,
  ...recurrentOperators,
  ...reductionOperators,
  ...resizeOperators,
  ...scalarOperators,
  ...takeOperators,
  ...trigonometricOperators,
  ...windowOperators,
};
