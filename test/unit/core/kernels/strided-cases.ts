import fc from 'fast-check';
import type { StridedGeometry } from '../../../../packages/core/src/math/strided.ts';
import { ops } from '../../../../packages/core/src/program/ops/index.ts';
import { choice, type KernelCase, width } from './kernel-case.ts';

/** Distance of neighbours beside their closest, and whether they lie in the opposite order. */
const layout = fc.record({
  gap: fc.constantFrom(1, 1, 1, 1, 2, 3),
  isReversed: fc.constantFrom(false, false, false, true),
});

/** An axis: few numbers, or as many as take several vectors. */
const axis = fc.record({
  count: fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 0, max: 5 }) }, width),
  to: layout,
  from: layout,
  isRepeated: fc.constantFrom(false, false, false, false, true), // reads one number again
});

/** Steps of axes that lie within each other in this order, the innermost last, and the numbers that they span. */
function stepsOf(
  axes: readonly { count: number; layout: { gap: number; isReversed: boolean }; isRepeated?: boolean }[],
  order: readonly number[],
) {
  const steps = axes.map(() => 0);
  let [span, first] = [1, 0];
  for (const a of [...order].reverse()) {
    const { count, layout, isRepeated = false } = axes[a];
    if (isRepeated) continue;
    const step = span * layout.gap;
    span = step * Math.max(count, 1);
    if (layout.isReversed) first += step * Math.max(count - 1, 0);
    steps[a] = layout.isReversed ? -step : step;
  }
  return { steps, span, first };
}

/** Y, X, to, from, and for each axis its count and steps; more axes than a kernel has loops, too. */
const geometries = fc
  .array(axis, { maxLength: 7 })
  .chain((axes) => {
    const order = fc.shuffledSubarray(
      axes.map((_, a) => a),
      { minLength: axes.length },
    );
    return fc.tuple(fc.constant(axes), order, order, fc.nat(3), fc.nat(3));
  })
  .map(([axes, toOrder, fromOrder, before, after]) => {
    const to = stepsOf(
      axes.map(({ count, to: layout }) => ({ count, layout })),
      toOrder,
    );
    const from = stepsOf(
      axes.map(({ count, from: layout, isRepeated }) => ({ count, layout, isRepeated })),
      fromOrder,
    );
    const sizes = [to.span + before + after, from.span + before + after, to.first + before, from.first + after];
    return [...sizes, ...axes.flatMap(({ count }, a) => [count, to.steps[a], from.steps[a]])];
  })
  .filter(([Y, X]) => Y + X < 20_000);

const geometryOf = ([, , to, from, ...axes]: readonly number[]): StridedGeometry => ({
  to,
  from,
  axes: Array.from({ length: axes.length / 3 }, (_, a) => ({
    count: axes[3 * a],
    to: axes[3 * a + 1],
    from: axes[3 * a + 2],
  })),
});

export const stridedCases = {
  stridedCopy: {
    ops: [ops.stridedCopy],
    dims: geometries,
    arrays: ([Y, X]) => ({ y: Y, x: X }),
    writes: ['y'],
    emit: (emit, { y, x }, dims) => emit(ops.stridedCopy, y, x, geometryOf(dims)),
  },
  stridedScale: {
    ops: [ops.stridedScale],
    dims: geometries,
    arrays: ([Y, X]) => ({ y: Y, x: X, factor: 1 }),
    writes: ['y'],
    emit: (emit, { y, x, factor }, dims) => emit(ops.stridedScale, y, x, geometryOf(dims), factor[0]),
  },
  stridedAdd: {
    ops: [ops.stridedAdd],
    dims: fc.tuple(choice, geometries).map(([isSum, dims]) => [...dims, isSum]),
    arrays: ([Y, X]) => ({ y: Y, x: X, factor: 1 }),
    writes: ['y'],
    prepare({ factor }, dims) {
      if (dims.at(-1) === 1) factor.fill(1);
    },
    emit: (emit, { y, x, factor }, dims) => emit(ops.stridedAdd, y, x, geometryOf(dims.slice(0, -1)), factor[0]),
  },
  stridedFill: {
    ops: [ops.stridedFill],
    dims: geometries,
    arrays: ([Y]) => ({ y: Y, value: 1 }),
    writes: ['y'],
    emit: (emit, { y, value }, dims) => emit(ops.stridedFill, y, value[0], geometryOf(dims)),
  },
} satisfies Record<string, KernelCase>;
