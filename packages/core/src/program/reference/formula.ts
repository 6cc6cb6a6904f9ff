import type { Expression } from '../../families/scalars/expression.ts';
import { scalars } from '../../families/scalars/index.ts';
import { type Elements, typeOf } from '../../math/element-type.ts';
import { mathOf } from '../../math/real-math.ts';

/** An expression of rows, as plain JSON: its inputs are spread over the rows as in NumPy. */
export interface Formula {
  readonly expression: Expression;
  /** Shape of a row of the results. */
  readonly shape: readonly number[];
  /** For each input, the shape of its rows, or with `isFixed` of the one array that all rows read. */
  readonly inputs: readonly { readonly shape: readonly number[]; readonly isFixed?: boolean }[];
}

/** Whether an input is read at other places than those of the results. */
export const isSpread = ({ shape, inputs }: Formula, k: number): boolean =>
  inputs[k].isFixed === true || String(inputs[k].shape) !== String(shape);

/** The axes of the results of B rows, and how far each input moves along each of them: 0 where it is spread. */
export interface FormulaAxes {
  readonly extents: readonly number[];
  readonly strides: readonly (readonly number[])[]; // of each input, in elements
}

/** The axes of a formula for B rows. Those along which all inputs move alike are one. */
export function axesOf({ shape, inputs }: Formula, B: number): FormulaAxes {
  const outputShape = [B, ...shape];
  const strides = inputs.map((input) => {
    // The shape of the input with as many axes as the output.
    const paddedShape = [input.isFixed === true ? 1 : B, ...shape.map(() => 1)];
    for (const [k, extent] of [...input.shape].reverse().entries()) paddedShape[outputShape.length - 1 - k] = extent;
    let next = 1;
    return paddedShape
      .map((extent, axis) => ({ extent, axis }))
      .reverse()
      .map(({ extent, axis }) => {
        const isSpread = extent === 1 && outputShape[axis] !== 1;
        const stride = isSpread ? 0 : next;
        next *= extent;
        return stride;
      })
      .reverse();
  });
  const groupEnds: number[] = []; // the last axis of each group
  const extents: number[] = [];
  for (const [axis, extent] of outputShape.entries()) {
    if (extent === 1) continue;
    const before = groupEnds[groupEnds.length - 1];
    const continuesAxis = before !== undefined && strides.every((steps) => steps[before] === steps[axis] * extent);
    if (continuesAxis) {
      groupEnds[groupEnds.length - 1] = axis;
      extents[extents.length - 1] *= extent;
    } else {
      groupEnds.push(axis);
      extents.push(extent);
    }
  }
  return { extents, strides: strides.map((inputStrides) => groupEnds.map((axis) => inputStrides[axis])) };
}

/** Numbers that plain code takes through a step at once. */
const CHUNK = 256;

/**
 * The plain code of a formula, which overwrites `outputs` with its results for B rows: step after step, for 256 numbers
 * at a time. An output may be an input of its shape.
 */
export function createFormulaCode(formula: Formula) {
  const { steps, results } = formula.expression;
  let values: Float64Array[] | undefined; // of each step; made in the first run, since programs are also only counted
  let axes: FormulaAxes | undefined;
  let axesRows = 0; // the rows that `axes` are for

  return (
    outputs: readonly Elements[], // [B, ...shape] out, for each result
    inputs: readonly Elements[],
    B: number,
  ): void => {
    values ??= steps.map(() => new Float64Array(CHUNK));
    if (axes === undefined || axesRows !== B) axes = axesOf(formula, B);
    axesRows = B;
    const m = mathOf(typeOf(outputs[0]));
    const total = formula.shape.reduce((size, extent) => size * extent, B);
    for (let first = 0; first < total; first += CHUNK) {
      const n = Math.min(CHUNK, total - first);
      for (let s = 0; s < steps.length; s++) {
        const [name, a, b, c, p] = steps[s];
        if (name === 'input') gather(values[s], inputs[a], axes.extents, axes.strides[a], first, n);
        else if (name === 'constant') values[s].fill(m.constant(a), 0, n);
        else {
          const { operands, apply } = scalars[name];
          if (operands === 1) for (let i = 0; i < n; i++) values[s][i] = apply(m, values[a][i], 0, 0, b, c);
          else if (operands === 2)
            for (let i = 0; i < n; i++) values[s][i] = apply(m, values[a][i], values[b][i], 0, c, p);
          else
            for (let i = 0; i < n; i++)
              values[s][i] = apply(m, values[a][i], values[b][i], values[c][i], p, Number.NaN);
        }
      }
      for (let k = 0; k < outputs.length; k++) {
        const value = values[results[k]];
        for (let i = 0; i < n; i++) outputs[k][first + i] = value[i];
      }
    }
  };
}

/** Copies the numbers of an input at the n places of the results from `first` on. Overwrites `to`. */
function gather(
  to: Float64Array, // [n] out
  from: Elements,
  extents: readonly number[],
  strides: readonly number[],
  first: number,
  n: number,
): void {
  const isWhole = strides.length === 1 && strides[0] === 1;
  if (isWhole) for (let i = 0; i < n; i++) to[i] = from[first + i];
  for (let i = 0; i < n && !isWhole; i++) {
    let index = first + i;
    let offset = 0;
    for (let axis = extents.length - 1; axis >= 0; axis--) {
      const outerIndex = Math.floor(index / extents[axis]);
      offset += (index - outerIndex * extents[axis]) * strides[axis];
      index = outerIndex;
    }
    to[i] = from[offset];
  }
}
