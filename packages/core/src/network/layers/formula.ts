import { OptionError } from '../../checks/option-error.ts';
import {
  type Expression,
  type ExpressionTerms,
  expressionOf,
  gradientOf,
  inputsOfExpression,
  withInputs,
} from '../../families/scalars/expression.ts';
import type { Term } from '../../families/scalars/scalar.ts';
import type { Elements } from '../../math/element-type.ts';
import type { Emit } from '../../program/op.ts';
import { type FormulaOp, formulaOp } from '../../program/ops/formula.ts';
import { ops } from '../../program/ops/index.ts';
import type { Formula } from '../../program/reference/formula.ts';
import { sumLevels } from '../../program/reference/sum-rows.ts';
import { type Shape, shapeText, sizeOf } from '../shape.ts';
import { alongAxis } from './axes.ts';
import type { Layer, TensorSpec } from './layer.ts';
import { emitSums } from './reductions.ts';

type FormulaInputs = Formula['inputs'];

/** A formula's operation, and which of the arrays that are known it reads. */
interface Reading {
  readonly op: FormulaOp;
  readonly reads: readonly number[];
}

/** The operation of an expression of arrays with these shapes of rows. */
function readingOf(expression: Expression, arrays: FormulaInputs, shape: Shape): Reading {
  const reads = inputsOfExpression(expression);
  const inputs = reads.map((k) => arrays[k]);
  return { op: formulaOp({ expression: withInputs(expression, reads), shape, inputs }), reads };
}

const emitReading = (emit: Emit, { op, reads }: Reading, outputs: Elements[], arrays: readonly Elements[], B: number) =>
  emit(op, ...outputs, ...reads.map((k) => arrays[k]), B);

/**
 * y = an expression of values and of tensors, number by number, all of which are spread over each other's axes as in
 * NumPy. Its gradient is derived. A gradient by a value that is spread is summed over these axes, the last of them
 * first. That by a tensor is a sum over positions and rows: see `sumsOf`.
 */
export function formulaLayer(
  kind: string,
  shapes: readonly Shape[],
  make: Expression | ((terms: ExpressionTerms, inputs: readonly Term[]) => Term),
  tensors: readonly TensorSpec[] = [],
): Layer {
  const inputShapes = [...shapes, ...tensors.map((tensor) => tensor.shape)]; // the inputs of the expression
  const n = inputShapes.length;
  const shape = spreadShape(kind, shapes, tensors);
  const size = sizeOf(shape);
  const isTensor = (k: number): boolean => k >= shapes.length;
  const inputs = [...inputShapes.keys()];
  const expression =
    typeof make === 'function'
      ? expressionOf((terms) => {
          const values = inputs.map((k) => terms.input(k));
          return [make(terms, values)];
        })
      : make;
  const placedInputs = inputShapes.map((inputShape, k) => ({ shape: inputShape, isFixed: isTensor(k) }));
  const forward = readingOf(expression, placedInputs, shape);
  const gradients = inputs.map((k) => gradientOf(expression, n, [k]));
  /** Whether the gradient by an input is dy itself at each place. */
  const isDy = gradients.map(
    ({ steps: [[name, input], ...others] }) => name === 'input' && input === n && others.length === 0,
  );
  const sums = inputs.map((k) =>
    isTensor(k) ? sumsOf(inputShapes[k], shape) : { axes: spreadAxes(inputShapes[k], shape), R: 1 },
  );
  const isSummed = (k: number): boolean => isTensor(k) || sums[k].axes.length > 0;
  const readInputs = new Set(gradients.flatMap(inputsOfExpression));

  const backwards = new Map<string, Reading>(); // by the inputs whose gradients they make
  function backwardOf(byInputs: readonly number[]): Reading {
    const key = byInputs.join();
    const reading =
      backwards.get(key) ??
      readingOf(gradientOf(expression, n, byInputs), [...placedInputs, { shape }, { shape }], shape);
    backwards.set(key, reading);
    return reading;
  }

  // Positions stand in the first axis of every value and of no tensor, or there is none.
  const hasPositions =
    shape.length > 1 &&
    shapes.every((valueShape) => valueShape.length === shape.length && valueShape[0] === shape[0]) &&
    tensors.every((tensor) => tensor.shape.length < shape.length || tensor.shape[0] === 1);
  const shapeOfPosition = (valueShape: Shape): Shape =>
    valueShape.length === shape.length ? valueShape.slice(1) : valueShape;
  const next = hasPositions
    ? readingOf(
        expression,
        placedInputs.map(({ shape: inputShape, isFixed }) => ({ shape: shapeOfPosition(inputShape), isFixed })),
        shape.slice(1),
      )
    : null;

  return {
    label: `${kind}(${shapeText(shape)})`,
    in: shapes,
    out: shape,
    elementwise: sizeOf(shapes[0]) === size,
    reads: { x: shapes.some((_, k) => readInputs.has(k)), y: readInputs.has(n + 1) },
    tensors,
    keepsPositions: shapes.map(({ length }) => length === shape.length),
    expression,
    createMemory(rows, allocate, { allocateForBackward = allocate }) {
      const hasAxes = sums.some(({ axes }) => axes.length > 0);
      const levels = tensors.map((_, t) => {
        const { R } = sums[shapes.length + t];
        return sumLevels(rows, R) * sizeOf(tensors[t].shape);
      });
      const sizes = [
        hasAxes ? rows * size : 0, // what is left of terms after a sum over an axis
        Math.max(0, ...levels), // sums of leaves
        // Terms of a sum, or what is left of dy after one of several.
        ...inputs.map((k) => (isSummed(k) && (!isDy[k] || sums[k].axes.length > 1) ? rows * size : 0)),
      ];
      return { arrays: sizes.map((length) => allocateForBackward(length)) };
    },
    forward(y, xs, parameters, B, { emit }) {
      emitReading(emit, forward, [y], [...xs, ...parameters], B);
    },
    ...(next !== null && {
      forwardNext(y, xs, parameters, { emit, n }) {
        emitReading(emit, next, [y], [...xs, ...parameters], n);
      },
    }),
    backward(dxs, dy, xs, y, parameters, tensorGradients, B, { emit, leafRows, accumulate }, { arrays }) {
      const [left, levels, ...terms] = arrays;
      const targets = inputs.map((k) => (isTensor(k) ? tensorGradients?.[k - shapes.length] : dxs[k]) ?? null);
      /** Emits the sums of the terms of the gradient by input k. */
      function emitSumsOf(k: number, to: Elements): void {
        const { axes, R } = sums[k];
        const from = isDy[k] ? dy : terms[k];
        const scratch = [left, terms[k]] as const;
        const inRows = !isTensor(k) ? to : axes.length === 0 ? from : scratch[(axes.length - 1) % 2];
        if (B > 0) emitSumsOver(emit, inRows, from, scratch, [B, ...shape], axes);
        if (isTensor(k)) emit(ops.positionSums, to, levels, inRows, B, leafRows, accumulate, R, sizeOf(inputShapes[k]));
      }

      const computedInputs: number[] = []; // inputs whose gradients, or the terms of these, are computed at each place
      for (const [k, target] of targets.entries()) {
        if (target === null) continue;
        if (!isDy[k]) computedInputs.push(k);
        else if (isSummed(k)) emitSumsOf(k, target);
        else if (target !== dy) emit(ops.copy, target, dy, B * size);
      }
      // The array of dxs[0] may be dy: it is written at the same places.
      const results = computedInputs.map((k) => (isSummed(k) ? terms[k] : (targets[k] as Elements)));
      if (computedInputs.length > 0 && B > 0)
        emitReading(emit, backwardOf(computedInputs), results, [...xs, ...parameters, dy, y], B);
      for (const k of computedInputs) if (isSummed(k)) emitSumsOf(k, targets[k] as Elements);
    },
  };
}

/**
 * How the terms of the gradient by a tensor are summed: first, in each row, over `axes`, the last one first, then over
 * R positions of a row and over rows. Axes before the first one that the tensor has are positions, but for the last.
 */
function sumsOf(tensorShape: Shape, shape: Shape): { readonly axes: readonly number[]; readonly R: number } {
  const axes = spreadAxes(tensorShape, shape);
  const first = tensorShape.findIndex((extent) => extent > 1);
  const positions = first === -1 ? shape.length - 1 : first + shape.length - tensorShape.length;
  return { axes: axes.filter((axis) => axis > positions), R: sizeOf(shape.slice(0, positions)) };
}

/** The shape to which values are spread. @throws OptionError if an axis differs and is 1 in none of them. */
function spreadShape(kind: string, values: readonly Shape[], tensors: readonly TensorSpec[]): Shape {
  const shapes = [...values, ...tensors.map((tensor) => tensor.shape)];
  const rank = Math.max(...shapes.map(({ length }) => length));
  return Array.from({ length: rank }, (_, axis) => {
    const extents = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    const extent = Math.max(...extents);
    if (extents.every((inputExtent) => inputExtent === 1 || inputExtent === extent)) return extent;
    const texts = [
      ...values.map(shapeText),
      ...tensors.map((tensor) => `${tensor.name} of ${shapeText(tensor.shape)}`),
    ];
    const problem = `has values of ${texts.join(' and ')}, expected axes that are equal or 1, from the last one on`;
    throw new OptionError(kind, 'of', problem);
  });
}

/** The axes of rows of `shape` over which rows of `own` are spread, the last one first. Axis 0 is that of rows. */
const spreadAxes = (tensorShape: Shape, shape: Shape): readonly number[] =>
  [...shape.keys()].reverse().flatMap((axis) => {
    const extent = tensorShape[axis - shape.length + tensorShape.length] ?? 1;
    return extent === 1 && shape[axis] > 1 ? [axis + 1] : [];
  });

/** Emits the sums of an array of such extents over some axes. Overwrites `to`, and both arrays of `scratch`. */
function emitSumsOver(
  emit: Emit,
  to: Elements,
  from: Elements,
  scratch: readonly [Elements, Elements], // the second may be `from`
  extents: readonly number[],
  axes: readonly number[],
): void {
  let left = extents;
  for (const [k, axis] of axes.entries()) {
    const sums = k === axes.length - 1 ? to : scratch[k % 2];
    emitSums(emit, sums, from, alongAxis(left, axis));
    left = left.with(axis, 1);
    from = sums;
  }
}
