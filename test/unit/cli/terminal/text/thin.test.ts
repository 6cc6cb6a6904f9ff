import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type BandPoint, type Point, thin, thinBand } from '../../../../../packages/cli/src/terminal/text/thin.ts';

const lines = fc
  .array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 600 })
  .map((ys) => ys.map((y, x): Point => [x, y]));

test('a thinned line keeps its ends, its minimum and its maximum, in order, and few points', () => {
  fc.assert(
    fc.property(lines, fc.integer({ min: 4, max: 60 }), (points, maxPoints) => {
      const thinned = thin(points, maxPoints);
      const ys = (line: readonly Point[]) => line.map(([, y]) => y);
      expect(thinned.length).toBeLessThanOrEqual(maxPoints);
      expect([thinned[0], thinned.at(-1)]).toEqual([points[0], points.at(-1)]);
      expect(Math.min(...ys(thinned))).toBe(Math.min(...ys(points)));
      expect(Math.max(...ys(thinned))).toBe(Math.max(...ys(points)));
      expect(thinned.map(([x]) => x)).toEqual(thinned.map(([x]) => x).toSorted((a, b) => a - b));
      for (const point of thinned) expect(points).toContain(point);
    }),
  );
});

test('a short line stays as it is', () => {
  const points: Point[] = [
    [0, 1],
    [1, 0],
    [2, 5],
  ];
  expect(thin(points, 4)).toEqual(points);
});

test('a thinned band keeps its lowest and its highest, and its line stays between them', () => {
  fc.assert(
    fc.property(lines, fc.integer({ min: 1, max: 60 }), (points, maxPoints) => {
      const band = points.map(([x, y]): BandPoint => [x, y / 4 - 1, y / 4, y / 4 + 1]);
      const thinned = thinBand(band, maxPoints);
      expect(thinned.length).toBe(Math.min(maxPoints, band.length));
      expect(Math.min(...thinned.map(([, low]) => low))).toBe(Math.min(...band.map(([, low]) => low)));
      expect(Math.max(...thinned.map(([, , , high]) => high))).toBe(Math.max(...band.map(([, , , high]) => high)));
      for (const [, low, mean, high] of thinned) expect(mean).toSatisfy((y: number) => y >= low && y <= high);
    }),
  );
});
