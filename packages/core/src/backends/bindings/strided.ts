import type { Elements } from '../../math/element-type.ts';
import type { StridedAxis, StridedGeometry } from '../../math/strided.ts';
import { addressOf } from '../../program/address.ts';
import type { FixedCall } from '../../program/kernels.ts';
import type { stridedAdd, stridedCopy, stridedFill, stridedScale } from '../../program/reference/strided.ts';
import type { transpose } from '../../program/reference/vectors.ts';
import type { CodeLayout } from '../code.ts';
import { LANES } from '../kernels/row-lanes.ts';
import { STRIDED_LOOPS, type StridedKernel } from '../kernels/strided.ts';
import { type BindCall, bindByName } from './call-tape.ts';
import type { PanelMemory } from './panels/panel-memory.ts';

/** Addresses of the first number that is written and of the first that is read. */
type Start = readonly [to: number, from: number];

/** Calls that transpose squares, at most: more would take longer than to move each number by itself. */
const MAX_SQUARES = 4096;

/** The innermost axis of runs of a single number. */
const ONE_NUMBER: StridedAxis = { count: 1, to: 1, from: 1 };

/** Makes calls of operations on numbers at equal distances along axes; null for others. */
export function createStrided(layout: CodeLayout, { maskOf, bytes }: PanelMemory): BindCall {
  const { width, strided, moveKernels: moves } = layout;

  /** Calls for the axes of a geometry that are left after joining; none if it has no numbers. */
  function bind(
    y: Elements,
    x: Elements,
    { to, from, axes }: StridedGeometry,
    bindAxes: (axes: readonly StridedAxis[], start: Start) => readonly FixedCall[],
  ): readonly FixedCall[] {
    if (axes.some(({ count }) => count === 0)) return [];
    return bindAxes(mergedAxes(axes), [addressOf(y) + bytes * to, addressOf(x) + bytes * from]);
  }

  /** Calls that move vectors of neighbours, which read neighbours (`distance` 1) or one number (0); else null. */
  function runs(kernel: StridedKernel, axes: readonly StridedAxis[], start: Start, value: number, distance: 0 | 1 = 1) {
    const { count, to, from } = axes.at(-1) ?? ONE_NUMBER;
    if (to !== 1 || from !== distance) return null;
    const rest = count % width;
    const run = [value, maskOf(rest), Math.floor(count / width), bytes * rest, 0, 0];
    return callsOf(strided[kernel], axes.slice(0, -1), start, run, [count, from * count]);
  }

  /** Calls of a kernel of runs, of one number each if the numbers of the innermost axis are no neighbours. */
  const runsOrNumbers = (kernel: StridedKernel, axes: readonly StridedAxis[], start: Start, value: number) =>
    runs(kernel, axes, start, value) ?? runs(kernel, [...axes, ONE_NUMBER], start, value) ?? [];

  /** Calls that copy number by number. */
  function numbers(axes: readonly StridedAxis[], start: Start): readonly FixedCall[] {
    const { count, to, from } = axes[axes.length - 1];
    const run = [0, 0, count, 0, bytes * to, bytes * from];
    return callsOf(strided.copyNumbers, axes.slice(0, -1), start, run, [count * to, count * from]);
  }

  /** Calls that transpose squares of numbers; null if there are none, or too many small ones. */
  function squares(axes: readonly StridedAxis[], start: Start): FixedCall[] | null {
    const inner = axes[axes.length - 1];
    const others = axes.slice(0, -1);
    const columns = others.find(({ from }) => from === 1);
    if (inner.to !== 1 || columns === undefined) return null;
    const [I, J] = [inner.count, columns.count];
    const shorter = Math.min(I, J);
    const matrices = others.filter((axis) => axis !== columns);
    const rows = matrices.reduce((product, { count }) => product * count, J);
    if (shorter < LANES || rows / LANES > MAX_SQUARES) return null;
    const [kernel, block] =
      shorter < width || width < LANES ? [moves.transposeQuads, LANES] : [moves.transposeBlocks, width];
    const [yStep, xStep] = [bytes * columns.to, bytes * inner.from];
    const calls: FixedCall[] = [];
    for (const [yAt, xAt] of startsOf(matrices, start)) {
      // The last squares move some rows and columns a second time.
      for (let j = 0; j < J; j += block) {
        const column = Math.min(j, J - block);
        const callFrom = (row: number, blocks: number): FixedCall => {
          const [to, from] = [yAt + yStep * column + bytes * row, xAt + xStep * row + bytes * column];
          return [kernel, to, from, yStep, xStep, block * xStep, blocks];
        };
        calls.push(callFrom(0, Math.floor(I / block)));
        if (I % block > 0) calls.push(callFrom(I - block, 1));
      }
    }
    return calls;
  }

  /** Calls of a kernel with loops over axes around a run that moves its pointers by `distances` numbers. */
  function callsOf(
    kernel: number,
    axes: readonly StridedAxis[],
    start: Start,
    run: readonly number[],
    distances: readonly [to: number, from: number],
  ): FixedCall[] {
    const outerAxes = axes.slice(0, Math.max(0, axes.length - STRIDED_LOOPS));
    const loops: number[] = [];
    let [toEnd, fromEnd] = distances;
    for (const { count, to, from } of axes.slice(outerAxes.length).reverse()) {
      loops.push(count, bytes * (to - toEnd), bytes * (from - fromEnd));
      [toEnd, fromEnd] = [count * to, count * from];
    }
    while (loops.length < 3 * STRIDED_LOOPS) loops.push(1, 0, 0);
    return startsOf(outerAxes, start).map((addresses) => [kernel, ...addresses, ...run, ...loops]);
  }

  /** The start for each combination of indices of axes. */
  const startsOf = (axes: readonly StridedAxis[], start: Start): readonly Start[] =>
    axes.reduce<readonly Start[]>(
      (startOffsets, { count, ...step }) =>
        startOffsets.flatMap(([to, from]) =>
          Array.from({ length: count }, (_, k): Start => [to + bytes * k * step.to, from + bytes * k * step.from]),
        ),
      [start],
    );

  const copy = (...[y, x, geometry]: Parameters<typeof stridedCopy>) =>
    bind(
      y,
      x,
      geometry,
      (axes, start) =>
        runs('copyRuns', axes, start, 0) ??
        runs('spreadRuns', axes, start, 0, 0) ??
        squares(axes, start) ??
        numbers(axes, start),
    );

  return bindByName({
    stridedCopy: copy,
    transpose(...[y, x, I, J, N]: Parameters<typeof transpose>) {
      if (N * I * J === 0) return null;
      const matrices = { count: N, to: I * J, from: I * J };
      return copy(y, x, {
        to: 0,
        from: 0,
        axes: [matrices, { count: J, to: I, from: 1 }, { count: I, to: 1, from: J }],
      });
    },
    stridedScale: (...[y, x, geometry, factor]: Parameters<typeof stridedScale>) =>
      bind(y, x, geometry, (axes, start) => runsOrNumbers('scaleRuns', axes, start, factor)),
    stridedAdd: (...[y, x, geometry, factor]: Parameters<typeof stridedAdd>) =>
      bind(y, x, geometry, (axes, start) => runsOrNumbers('addRuns', axes, start, factor)),
    stridedFill(...[y, value, { to, axes }]: Parameters<typeof stridedFill>) {
      const outputAxes = axes.map((axis) => ({ ...axis, from: axis.to })); // as if y were read
      return bind(y, y, { to, from: to, axes: outputAxes }, (axes, start) =>
        runsOrNumbers('fillRuns', axes, start, value),
      );
    },
  });
}

/**
 * The axes in the order of what is written, the longest distance first, without those of one number. Neighbours that
 * are one axis in both arrays are joined.
 */
function mergedAxes(axes: readonly StridedAxis[]): StridedAxis[] {
  const sortedAxes = axes.filter(({ count }) => count !== 1).sort((a, b) => Math.abs(b.to) - Math.abs(a.to));
  const merged: StridedAxis[] = [];
  for (const axis of sortedAxes) {
    const outer = merged.at(-1);
    const areContiguous = outer?.to === axis.count * axis.to && outer.from === axis.count * axis.from;
    if (outer !== undefined && areContiguous) merged[merged.length - 1] = { ...axis, count: outer.count * axis.count };
    else merged.push(axis);
  }
  return merged;
}
