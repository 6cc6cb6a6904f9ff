export type Point = readonly [x: number, y: number];

/** A point of a line, with a band around it. */
export type BandPoint = readonly [x: number, low: number, y: number, high: number];

/** Most points of a line in a chart: about two per pixel of its width. */
const MOST = 1200;

/**
 * A line of at most `most` points that looks the same: of each stretch the first, lowest, highest and last point are
 * kept. All points are finite.
 */
export function thin(points: readonly Point[], most = MOST): Point[] {
  if (points.length <= most) return [...points];
  return stretchesOf(points, Math.max(1, Math.floor(most / 4))).flatMap((stretch) => {
    const last = stretch.length - 1;
    const places = new Set([0, last]);
    let low = 0;
    let high = 0;
    for (let k = 0; k <= last; k++) {
      if (stretch[k][1] < stretch[low][1]) low = k;
      if (stretch[k][1] > stretch[high][1]) high = k;
    }
    places.add(low).add(high);
    return [...places].sort((a, b) => a - b).map((k) => stretch[k]);
  });
}

/** A band of at most `most` points: each stretch has its lowest and highest value, and its mean on the line. */
export function thinBand(points: readonly BandPoint[], most = MOST): BandPoint[] {
  if (points.length <= most) return [...points];
  return stretchesOf(points, most).map((stretch) => {
    const mean = (place: 0 | 2) => stretch.reduce((sum, point) => sum + point[place], 0) / stretch.length;
    const low = stretch.reduce((least, point) => Math.min(least, point[1]), Number.POSITIVE_INFINITY);
    const high = stretch.reduce((most, point) => Math.max(most, point[3]), Number.NEGATIVE_INFINITY);
    return [mean(0), low, mean(2), high];
  });
}

/** Divides points into `count` stretches whose lengths differ by at most one. There are at least `count` points. */
function stretchesOf<P>(points: readonly P[], count: number): P[][] {
  const at = (s: number) => Math.floor((s * points.length) / count);
  return Array.from({ length: count }, (_, s) => points.slice(at(s), at(s + 1)));
}

/** Indices of at most `most` of `count` rows, including the first and the last. */
export function shownRows(count: number, most: number): number[] {
  if (count <= most) return Array.from({ length: count }, (_, r) => r);
  return Array.from({ length: most }, (_, k) => Math.round((k * (count - 1)) / (most - 1)));
}
