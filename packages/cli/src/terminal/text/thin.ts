export type Point = readonly [x: number, y: number];

/** A point of a line, with a band around it. */
export type BandPoint = readonly [x: number, low: number, y: number, high: number];

/** Maximum number of points of a line in a chart: about two per pixel of its width. */
const MAX_POINTS = 1200;

/** A line of at most `maxPoints` points that looks the same: each part keeps its first, lowest, highest and last. */
export function thin(points: readonly Point[], maxPoints = MAX_POINTS): Point[] {
  if (points.length <= maxPoints) return [...points];
  return divide(points, Math.max(1, Math.floor(maxPoints / 4))).flatMap((part) => {
    const last = part.length - 1;
    const indices = new Set([0, last]);
    let low = 0;
    let high = 0;
    for (let k = 0; k <= last; k++) {
      if (part[k][1] < part[low][1]) low = k;
      if (part[k][1] > part[high][1]) high = k;
    }
    indices.add(low).add(high);
    return [...indices].sort((a, b) => a - b).map((k) => part[k]);
  });
}

/** A band of at most `maxPoints` points: each part has its lowest and highest value, and its mean on the line. */
export function thinBand(points: readonly BandPoint[], maxPoints = MAX_POINTS): BandPoint[] {
  if (points.length <= maxPoints) return [...points];
  return divide(points, maxPoints).map((part) => {
    const mean = (field: 0 | 2) => part.reduce((sum, point) => sum + point[field], 0) / part.length;
    const low = part.reduce((lowest, point) => Math.min(lowest, point[1]), Number.POSITIVE_INFINITY);
    const high = part.reduce((highest, point) => Math.max(highest, point[3]), Number.NEGATIVE_INFINITY);
    return [mean(0), low, mean(2), high];
  });
}

/** Divides points into `count` parts whose lengths differ by at most one. There are at least `count` points. */
function divide<P>(points: readonly P[], count: number): P[][] {
  const startOf = (s: number) => Math.floor((s * points.length) / count);
  return Array.from({ length: count }, (_, s) => points.slice(startOf(s), startOf(s + 1)));
}

/** Indices of at most `max` of `count` rows, including the first and the last. */
export function shownRows(count: number, max: number): number[] {
  if (count <= max) return Array.from({ length: count }, (_, r) => r);
  return Array.from({ length: max }, (_, k) => Math.round((k * (count - 1)) / (max - 1)));
}
