import { type Markish, rectX } from '@observablehq/plot';
import { evenlySpaced, highest, lowest } from '../axes.ts';

/** Maximum number of strips of a chart: as many as a finger can hit on a phone. */
const MAX_STRIPS = 60;

/** Values of one line by x. */
export interface HoverLine {
  readonly name: string;
  readonly points: readonly (readonly [x: number, text: string])[];
}

/**
 * Vertical strips that show the values under the pointer without a script: browsers show the title of an element on
 * hover. A strip shows, for each line, the value nearest to its middle.
 */
export function hoverStrips(lines: readonly HoverLine[], head: (x: number) => string, log = false): Markish {
  const scale = (x: number) => (log ? Math.log(x) : x);
  const xs = [...new Set(lines.flatMap(({ points }) => points.map(([x]) => x)))].sort((a, b) => a - b);
  const centers = evenlySpaced(xs, MAX_STRIPS);
  const middle = (a: number, b: number) => (log ? Math.sqrt(a * b) : (a + b) / 2);
  const range = centers.length < 2 ? 1 : scale(centers[centers.length - 1]) - scale(centers[0]);
  const [low, high] = [lowest(xs), highest(xs)];
  const strips = centers.map((x, k) => {
    const values = lines.flatMap(({ name, points }) => {
      const point = nearestPoint(points, x);
      // A line that does not reach this strip has no value here.
      if (point === null || Math.abs(scale(point[0]) - scale(x)) > (range / centers.length) * 1.5) return [];
      return [`${name === '' ? '' : `${name} `}${point[1]}`];
    });
    return {
      x1: k === 0 ? low : middle(centers[k - 1], x),
      x2: k === centers.length - 1 ? high : middle(x, centers[k + 1]),
      title: [head(x), ...values].join('\n'),
    };
  });
  return rectX(strips, { x1: 'x1', x2: 'x2', fill: 'transparent', title: 'title' });
}

/** The point nearest to x, by bisection: points are sorted by x. */
function nearestPoint(points: HoverLine['points'], x: number): HoverLine['points'][number] | null {
  if (points.length === 0) return null;
  let [low, high] = [0, points.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle][0] < x) low = middle + 1;
    else high = middle;
  }
  const [before, after] = [points[Math.max(0, low - 1)], points[low]];
  return Math.abs(before[0] - x) < Math.abs(after[0] - x) ? before : after;
}
