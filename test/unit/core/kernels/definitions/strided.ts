import type { StridedGeometry } from '../../../../../packages/core/src/math/strided.ts';
import type { Definition } from './definition.ts';

/** The pairs of places of a geometry. */
const placesOf = ({ to, from, axes }: StridedGeometry): (readonly [to: number, from: number])[] =>
  axes.reduce<(readonly [number, number])[]>(
    (places, axis) =>
      places.flatMap(([t, f]) =>
        Array.from({ length: axis.count }, (_, k) => [t + k * axis.to, f + k * axis.from] as const),
      ),
    [[to, from]],
  );

export const stridedCopy: Definition<'stridedCopy'> = (_A, y, x, geometry) => {
  for (const [to, from] of placesOf(geometry)) y[to] = x[from];
};

export const stridedAdd: Definition<'stridedAdd'> = (A, y, x, geometry, factor) => {
  for (const [to, from] of placesOf(geometry)) y[to] = A.add(y[to], A.mul(A.of(factor), x[from]));
};

export const stridedScale: Definition<'stridedScale'> = (A, y, x, geometry, factor) => {
  for (const [to, from] of placesOf(geometry)) y[to] = A.add(A.of(0), A.mul(A.of(factor), x[from]));
};

export const stridedFill: Definition<'stridedFill'> = (A, y, value, geometry) => {
  for (const [to] of placesOf(geometry)) y[to] = A.of(value);
};
