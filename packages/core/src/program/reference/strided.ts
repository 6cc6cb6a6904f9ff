import { type Elements, roundingOf } from '../../math/element-type.ts';
import type { StridedAxis, StridedGeometry } from '../../math/strided.ts';

/** y = x at the places of the geometry. Overwrites them in `y`. */
export function stridedCopy(
  y: Elements, // [Y] in and out
  x: Elements, // [X]
  { to, from, axes }: StridedGeometry,
): void {
  eachPlace(axes, 0, to, from, (t, f) => {
    y[t] = x[f];
  });
}

/** y += factor · x at the places of the geometry, product and sum each rounded. Overwrites them in `y`. */
export function stridedAdd(
  y: Elements, // [Y] in and out
  x: Elements, // [X]
  { to, from, axes }: StridedGeometry,
  factor: number,
): void {
  const round = roundingOf(y);
  const f = round(factor);
  eachPlace(axes, 0, to, from, (t, s) => {
    y[t] = y[t] + round(f * x[s]);
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
  const f = round(factor);
  eachPlace(axes, 0, to, from, (t, s) => {
    y[t] = 0 + round(f * x[s]);
  });
}

/** y = value at the places of the geometry that are written. Overwrites them in `y`. */
export function stridedFill(
  y: Elements, // [Y] in and out
  value: number,
  { to, axes }: StridedGeometry,
): void {
  eachPlace(axes, 0, to, 0, (t) => {
    y[t] = value;
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
