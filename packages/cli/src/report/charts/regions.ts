import { contour, identity, type Markish } from '@observablehq/plot';

/** Values over a rectangle of the plane, on a grid of [side, side] points by ascending y. */
export interface Field {
  readonly extent: readonly [x1: number, y1: number, x2: number, y2: number];
  readonly side: number;
  readonly values: readonly number[];
}

/** Areas where a field is above each of the thresholds, deeper with each. */
export const region = (field: Field, color: string, thresholds: number[]): Markish =>
  contour([...field.values], {
    ...gridOf(field),
    fill: color,
    fillOpacity: 0.14,
    stroke: 'none',
    thresholds,
    clip: 'frame',
  });

/** The line on which a field has a value. */
export const border = (field: Field, value: number, strokeWidth: number): Markish => {
  const wider = widen(field);
  return contour([...wider.values], {
    ...gridOf(wider),
    fill: 'none',
    stroke: 'var(--ink)',
    strokeWidth,
    thresholds: [value],
    clip: 'frame',
  });
};

const gridOf = ({ extent: [x1, y1, x2, y2], side }: Field) => ({
  ...{ width: side, height: side, x1, y1, x2, y2 },
  value: identity,
  // The values are a grid already. If each had a place, Plot would sort them into one again: half the time of a page.
  x: null,
  y: null,
});

/** Extrapolates one point on each side, so that a contour along the edge closes outside the frame. */
function widen({ extent: [x1, y1, x2, y2], side, values }: Field): Field {
  const wide = side + 2;
  const [dx, dy] = [(x2 - x1) / (side - 1), (y2 - y1) / (side - 1)];
  const along = (k: number, at: (k: number) => number): number => {
    if (k < 0) return 2 * at(0) - at(1);
    return k < side ? at(k) : 2 * at(side - 1) - at(side - 2);
  };
  const valueAt = (row: number, column: number): number =>
    along(row, (r) => along(column, (c) => values[r * side + c]));
  return {
    extent: [x1 - dx, y1 - dy, x2 + dx, y2 + dy],
    side: wide,
    values: Array.from({ length: wide * wide }, (_, k) => valueAt(Math.floor(k / wide) - 1, (k % wide) - 1)),
  };
}
