import type { Elements } from '@gradloom/core';

/** Writes `x` with its axes in another order: axis k of `out` is axis order[k] of `x`. Overwrites `out`. */
export function reorder(
  out: Elements, // [axes[order[0]], axes[order[1]], ...] out
  x: ArrayLike<number>, // [axes[0], axes[1], ...]
  axes: readonly number[],
  order: readonly number[],
): void {
  const strides = axes.map((_, axis) => axes.slice(axis + 1).reduce((product, extent) => product * extent, 1));
  const last = order[order.length - 1];
  const [extent, stride] = [axes[last], strides[last]];
  let next = 0;
  const walk = (depth: number, offset: number): void => {
    const axis = order[depth];
    if (axis === last) for (let i = 0; i < extent; i++) out[next++] = x[offset + i * stride];
    else for (let i = 0; i < axes[axis]; i++) walk(depth + 1, offset + i * strides[axis]);
  };
  walk(0, 0);
}

/** The order that undoes an order. */
export const inverseOrder = (order: readonly number[]): number[] => order.map((_, axis) => order.indexOf(axis));

/** The order of `axes` axes with the last, the channels, in front. */
export const channelsFirst = (axes: number): number[] => Array.from({ length: axes }, (_, k) => (k + axes - 1) % axes);
