export type Point = readonly [x: number, y: number];

/** Points that a page's chart draws of one line, about: two for each pixel of its width. */
const MOST = 1200;

/**
 * A line of at most `most` points that looks the same: cut into stretches of which the first, the lowest, the highest and
 * the last point are kept. All points are finite.
 */
export function thin(points: readonly Point[], most = MOST): Point[] {
  if (points.length <= most) return [...points];
  const stretches = Math.max(1, Math.floor(most / 4));
  const kept: Point[] = [];
  for (let s = 0; s < stretches; s++) {
    const first = Math.floor((s * points.length) / stretches);
    const end = Math.floor(((s + 1) * points.length) / stretches);
    const places = new Set([first, end - 1]);
    let low = first;
    let high = first;
    for (let k = first; k < end; k++) {
      if (points[k][1] < points[low][1]) low = k;
      if (points[k][1] > points[high][1]) high = k;
    }
    places.add(low).add(high);
    for (const k of [...places].sort((a, b) => a - b)) kept.push(points[k]);
  }
  return kept;
}
