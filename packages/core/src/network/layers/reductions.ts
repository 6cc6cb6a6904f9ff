import { defineOptions, flag, type Named, type OptionsOf } from '../../checks/options/index.ts';
import type { Elements } from '../../math/element-type.ts';
import { ONE_POSITION, type WindowGeometry } from '../../math/windows.ts';
import type { Emit } from '../../program/op.ts';
import { ops } from '../../program/ops/index.ts';
import { sizeOf } from '../shape.ts';
import { type Axis, alongAxis, axesOf, axesOption, reducedShape } from './axes.ts';
import type { Layer } from './layer.ts';
import type { LayerContext } from './layer-context.ts';

const table = {
  /** The axis, or a list of axes, counted from 0 or from the end: -1 is the last. @default all axes */
  axis: axesOption(),
  /** Whether the axes stay, with length 1. @default false */
  keepdims: flag(false),
};

export const sumOptions = defineOptions('sum', table);
export const meanOptions = defineOptions('mean', table);
export const maxOptions = defineOptions('max', table);
export const logSumExpOptions = defineOptions('log-sum-exp', table);

/** Options of sum, mean, max and log-sum-exp. */
export interface ReductionOptions extends OptionsOf<typeof table>, Named {}

/** What a reduction does along one axis of rows [outer, n, inner]. */
interface Reduction {
  /** Whether `backward` reads x and y. */
  readonly readsValues: boolean;
  /** Whether it takes scratch of the size of x where `inner` is above 1. @default false */
  readonly transposes?: boolean;
  forward(emit: Emit, y: Elements, x: Elements, axis: Axis, scratch: Elements): void;
  backward(
    emit: Emit,
    dx: Elements,
    dy: Elements,
    x: Elements,
    y: Elements,
    axis: Axis,
    scratch: readonly Elements[],
  ): void;
}

/** Emits the sums along an axis. Overwrites `y`. */
export function emitSums(emit: Emit, y: Elements, x: Elements, { outer, n, inner }: Axis): void {
  if (inner === 1) emit(ops.rowSums, y, x, outer, n);
  else emit(ops.upsampleBackward, y, x, outer, 1, 1, inner, n, 1);
}

const sums: Reduction = {
  readsValues: false,
  forward: emitSums,
  backward(emit, dx, dy, _x, _y, { outer, n, inner }) {
    if (inner === 1) emit(ops.spreadRows, dx, dy, outer, n);
    else emit(ops.upsampleForward, dx, dy, outer, 1, 1, inner, n, 1);
  },
};

/** One window of n positions. */
const windowOf = ({ n, inner }: Axis): WindowGeometry => ({
  height: { ...ONE_POSITION, inputs: n, kernel: n, stride: n },
  width: ONE_POSITION,
  C: inner,
});

const maxima: Reduction = {
  readsValues: true,
  forward: (emit, y, x, axis) => emit(ops.maxPoolForward, y, x, axis.outer, windowOf(axis)),
  backward: (emit, dx, dy, x, y, axis) => emit(ops.maxPoolBackward, dx, dy, x, y, axis.outer, windowOf(axis)),
};

const logSums: Reduction = {
  readsValues: true,
  transposes: true,
  forward(emit, y, x, { outer, n, inner }, scratch) {
    if (inner > 1) emit(ops.transpose, scratch, x, n, inner, outer);
    emit(ops.rowLogSums, y, inner > 1 ? scratch : x, outer * inner, n);
  },
  backward(emit, dx, dy, x, y, { outer, n, inner }, [rows, dRows]) {
    if (inner === 1) {
      emit(ops.rowLogSumsBackward, dx, dy, x, y, outer, n);
      return;
    }
    emit(ops.transpose, rows, x, n, inner, outer);
    emit(ops.rowLogSumsBackward, dRows, dy, rows, y, outer * inner, n);
    emit(ops.transpose, dx, dRows, inner, n, outer);
  },
};

/** y = the sum over the axes. */
export const sum = (options: ReductionOptions, context: LayerContext): Layer =>
  reduce('sum', sumOptions.read(options), context, sums);

/** y = the mean over the axes: their sum, divided by how many numbers it has. */
export const mean = (options: ReductionOptions, context: LayerContext): Layer =>
  reduce('mean', meanOptions.read(options), context, sums);

/** y = the largest number over the axes; NaN stays NaN. Of equal ones the first takes the gradient. */
export const max = (options: ReductionOptions, context: LayerContext): Layer =>
  reduce('max', maxOptions.read(options), context, maxima);

/** y = log Σ exp(x) over the axes, computed as m + log Σ exp(x - m) with the largest number m. */
export const logSumExp = (options: ReductionOptions, context: LayerContext): Layer =>
  reduce('log-sum-exp', logSumExpOptions.read(options), context, logSums);

function reduce(
  kind: string,
  { axis, keepdims }: ReturnType<typeof sumOptions.read>,
  { input }: LayerContext,
  { readsValues, transposes = false, forward, backward }: Reduction,
): Layer {
  const axes = axesOf(kind, axis, input); // the last one first
  const out = reducedShape(input, axes, keepdims);
  // One axis after the other: with those before it already of length 1.
  const stages = axes.map((index, k) => alongAxis(reducedShape(input, axes.slice(0, k), true), index));
  const between = stages.slice(1).map(({ outer, n, inner }) => outer * n * inner); // sizes of the values in between
  const divisor = kind === 'mean' ? sizeOf(input) / sizeOf(out) : 1;
  const divides = divisor > 1;
  const transposedSize = Math.max(0, ...stages.map(({ outer, n, inner }) => (inner > 1 ? outer * n * inner : 0)));
  const scratchSize = transposes ? transposedSize : 0;

  /** Emits the forward pass. An array that has `size` numbers a row, before or after, has `lengthOf(size)` here. */
  function emitForward(
    y: Elements,
    x: Elements,
    lengthOf: (size: number) => number,
    emit: Emit,
    arrays: Elements[],
  ): void {
    const [scratch, , , ...others] = arrays;
    const values = [x, ...others.slice(0, between.length), y];
    for (const [k, stage] of stages.entries()) {
      forward(emit, values[k + 1], values[k], { ...stage, outer: lengthOf(stage.outer) }, scratch);
    }
    if (divides) emit(ops.divide, y, y, lengthOf(sizeOf(out)), divisor);
  }

  return {
    label: `${kind}(${input.join('x')}->${out.join('x')})`,
    in: [input],
    out,
    elementwise: false,
    reads: { x: readsValues, y: readsValues },
    tensors: [],
    keepsPositions: [!axes.includes(0)],
    createMemory: (rows, allocate, { allocateForBackward = allocate }) => ({
      arrays: [
        allocate(rows * scratchSize),
        allocateForBackward(rows * scratchSize),
        allocateForBackward(divides ? rows * sizeOf(out) : 0), // dy / divisor
        ...between.map((size) => allocate(rows * size)),
        ...between.map((size) => allocateForBackward(rows * size)), // gradients of the values in between
      ],
    }),
    forward(y, [x], _parameters, B, { emit }, { arrays }) {
      emitForward(y, x, (size) => B * size, emit, [...arrays]);
    },
    ...(!axes.includes(0) && {
      forwardNext(y, [x], _parameters, { emit, n }, { arrays }) {
        emitForward(y, x, (size) => (n * size) / input[0], emit, [...arrays]);
      },
    }),
    backward([dx], dy, [x], y, _parameters, _gradients, B, { emit }, { arrays }) {
      if (dx === null) return;
      const [rows, dRows, dividedDy, ...others] = arrays;
      const values = [x, ...others.slice(0, between.length), y];
      const gradients = [dx, ...others.slice(between.length), divides ? dividedDy : dy];
      if (divides) emit(ops.divide, dividedDy, dy, B * sizeOf(out), divisor);
      for (const [k, stage] of [...stages.entries()].reverse()) {
        const axis = { ...stage, outer: B * stage.outer };
        backward(emit, gradients[k], gradients[k + 1], values[k], values[k + 1], axis, [rows, dRows]);
      }
    },
  };
}
