import { type Elements, roundingOf } from '../../math/element-type.ts';
import type { StridedAxis, StridedGeometry } from '../../math/strided.ts';

/** y = x at the places of the geometry. Overwrites them in `y`. */
export function stridedCopy(
  y: Elements, // [Y] in and out
  x: Elements, // [X]
  { to, from, axes }: StridedGeometry,
): void {
  eachPlace(axes, 0, to, from, (yAt, xAt) => {
    y[yAt] = x[xAt];
  });
}

/** y += factor · x at the places of the geometry, product and sum each rounded. Accumulates into `y`. */
export function stridedAdd(
  y: Elements, // [Y] in and out
  x: Elements, // [X]
  { to, from, axes }: StridedGeometry,
  factor: number,
): void {
  const round = roundingOf(y);
  const roundedFactor = round(factor);
  eachPlace(axes, 0, to, from, (yAt, xAt) => {
    y[yAt] = y[yAt] + round(roundedFactor * x[xAt]);
  });
}

/** y = 0 + factor · x at the places of the geometry, product and sum each rounded. Overwrites them in `y`. */
export function stridedScale(
  y: Elements, // [Y] in and out
  x: Elements, // [X]
  { to, from, axes }: StridedGeometry,
  factor: number,
): void {
  const round = roundingOf(y);
  const roundedFactor = round(factor);
  eachPlace(axes, 0, to, from, (yAt, xAt) => {
    y[yAt] = 0 + round(roundedFactor * x[xAt]); // -0 becomes 0, as where it is added to a cleared array
  });
}

/** y = value at the places of the geometry that are written. Overwrites them in `y`. */
export function stridedFill(
  y: Elements, // [Y] in and out
  value: number,
  { to, axes }: StridedGeometry,
): void {
  eachPlace(axes, 0, to, 0, (yAt) => {
    y[yAt] = value;
  });
}

function eachPlace(
  axes: readonly StridedAxis[],
  a: number,
  to: number,
  from: number,
  act: (to: number, from: number) => void,
): void {
  if (a === axes.length) {
    act(to, from);
    return;
  }
  const axis = axes[a];
  for (let k = 0; k < axis.count; k++) eachPlace(axes, a + 1, to + k * axis.to, from + k * axis.from, act);
}
