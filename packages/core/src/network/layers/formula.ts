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
import { type Shape, shapeText, sizeOf } from '../shape.ts';
import { alongAxis } from './axes.ts';
import type { Layer } from './layer.ts';
import { emitSums } from './reductions.ts';

/** A formula's operation, and which of the arrays that are known it reads. */
interface Reading {
  readonly op: FormulaOp;
  readonly reads: readonly number[];
}

/** The operation of an expression of arrays with these shapes of rows. */
function readingOf(expression: Expression, shapes: readonly Shape[], shape: Shape): Reading {
  const reads = inputsOfExpression(expression);
  const inputs = reads.map((k) => ({ shape: shapes[k] }));
  return { op: formulaOp({ expression: withInputs(expression, reads), shape, inputs }), reads };
}

const emitReading = (emit: Emit, { op, reads }: Reading, outputs: Elements[], arrays: readonly Elements[], B: number) =>
  emit(op, ...outputs, ...reads.map((k) => arrays[k]), B);

/**
 * y = an expression of values, number by number, which are spread over each other's axes as in NumPy. Its gradient is
 * derived. A gradient by a value that is spread is summed over these axes, the last of them first.
 */
export function formulaLayer(
  kind: string,
  shapes: readonly Shape[],
  make: (terms: ExpressionTerms, inputs: readonly Term[]) => Term,
): Layer {
  const n = shapes.length;
  const shape = spreadShape(kind, shapes);
  const size = sizeOf(shape);
  const expression = expressionOf((terms) => [
    make(
      terms,
      shapes.map((_, k) => terms.input(k)),
    ),
  ]);
  const forward = readingOf(expression, shapes, shape);
  const inputs = [...shapes.keys()];
  const gradients = inputs.map((k) => gradientOf(expression, n, [k]));
  /** Whether the gradient by an input is dy itself at each place. */
  const isDy = gradients.map(
    ({ steps: [[name, input], ...others] }) => name === 'input' && input === n && others.length === 0,
  );
  const axes = shapes.map((own) => spreadAxes(own, shape));
  const readInputs = new Set(gradients.flatMap(inputsOfExpression));

  const backwards = new Map<string, Reading>(); // by the inputs whose gradients they make
  function backwardOf(wanted: readonly number[]): Reading {
    const key = wanted.join();
    const reading =
      backwards.get(key) ?? readingOf(gradientOf(expression, n, wanted), [...shapes, shape, shape], shape);
    backwards.set(key, reading);
    return reading;
  }

  // Positions stand in the first axis of every input, or there is none.
  const hasPositions = shape.length > 1 && shapes.every((own) => own.length === shape.length && own[0] === shape[0]);
  const next = hasPositions
    ? readingOf(
        expression,
        shapes.map((own) => own.slice(1)),
        shape.slice(1),
      )
    : null;

  return {
    label: `${kind}(${shapeText(shape)})`,
    in: shapes,
    out: shape,
    elementwise: sizeOf(shapes[0]) === size,
    reads: { x: inputs.some((k) => readInputs.has(k)), y: readInputs.has(n + 1) },
    tensors: [],
    expression,
    createMemory(rows, allocate, { allocateForBackward = allocate }) {
      const isSpread = axes.some(({ length }) => length > 0);
      // Terms of a gradient, and what is left of them after a sum.
      const sizes = isSpread ? [rows * size, rows * size] : [];
      return { arrays: sizes.map((length) => allocateForBackward(length)) };
    },
    forward(y, xs, _parameters, B, { emit }) {
      emitReading(emit, forward, [y], xs, B);
    },
    ...(next !== null && {
      forwardNext(y, xs, _parameters, { emit, n }) {
        emitReading(emit, next, [y], xs, n);
      },
    }),
    backward(dxs, dy, xs, y, _parameters, _gradients, B, { emit }, { arrays: [terms, sums] }) {
      const arrays = [...xs, dy, y];
      const full: number[] = [];
      if (B === 0) return;
      // The array of dxs[0] may be dy: it is written last.
      for (const k of inputs.toReversed()) {
        const dx = dxs[k];
        if (dx === null) continue;
        if (axes[k].length > 0) {
          if (!isDy[k]) emitReading(emit, backwardOf([k]), [terms], arrays, B);
          emitSumsOver(emit, dx, isDy[k] ? dy : terms, [sums, terms], [B, ...shape], axes[k]);
        } else if (!isDy[k]) full.unshift(k);
        else if (dx !== dy) emit(ops.copy, dx, dy, B * size);
      }
      if (full.length > 0)
        emitReading(
          emit,
          backwardOf(full),
          full.map((k) => dxs[k] as Elements),
          arrays,
          B,
        );
    },
  };
}

/** The shape to which values are spread. @throws OptionError if an axis differs and is 1 in none of them. */
function spreadShape(kind: string, shapes: readonly Shape[]): Shape {
  const rank = Math.max(...shapes.map(({ length }) => length));
  return Array.from({ length: rank }, (_, axis) => {
    const extents = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    const extent = Math.max(...extents);
    if (extents.every((own) => own === 1 || own === extent)) return extent;
    const texts = shapes.map(shapeText).join(' and ');
    throw new OptionError(
      kind,
      'of',
      `has values of ${texts}, expected axes that are equal or 1, from the last one on`,
    );
  });
}

/** The axes of rows of `shape` over which rows of `own` are spread, the last one first. Axis 0 is that of rows. */
const spreadAxes = (own: Shape, shape: Shape): readonly number[] =>
  [...shape.keys()].reverse().flatMap((axis) => {
    const extent = own[axis - shape.length + own.length] ?? 1;
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
