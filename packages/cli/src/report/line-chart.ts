import { plot } from 'simple-ascii-chart';
import { columns } from './columns.ts';
import { decimal } from './format.ts';

export interface Line {
  readonly name: string;
  readonly points: readonly Point[];
}

type Point = readonly [x: number, y: number];

export interface LineChartOptions {
  x: string; // what the axes show
  y: string;
  log?: boolean; // y by powers of ten
  width?: number; // columns of the plot alone, default 58
  height?: number; // default 12
}

/** One for each line of a chart that has several; told apart without colour. */
const MARKS = ['●', '+', '○', '×', '*', '■', '◆', '#', '▲', '=', '□', '~'];

/**
 * Lines of a chart of at most 80 columns. What is not finite, or on a log scale not above 0, is left out. Several lines
 * are drawn with a mark each, the first on top, and a legend below says which is which.
 */
export function lineChart(lines: readonly Line[], options: LineChartOptions): string[] {
  const { x, y, log = false, width = 58, height = 12 } = options;
  const drawn = lines
    .map(({ name, points }, k) => ({ name, mark: MARKS[k % MARKS.length], points: onScale(points, log) }))
    .filter(({ points }) => points.length > 0);
  const xs = drawn.flatMap(({ points }) => points.map(([a]) => a));
  if (xs.length === 0) return ['  nothing to draw'];
  const [low, high] = [xs.reduce(lesser), xs.reduce(greater)];
  const several = lines.length > 1;
  // What is drawn later covers what was there.
  const order = several ? drawn.toReversed() : drawn;
  const text = plot(
    order.map(({ points }) => (several ? everyColumn(points, low, high, width) : thin(points, 4 * width))),
    {
      width,
      height,
      customXAxisTicks: [low, (low + high) / 2, high],
      formatter: (value, { axis }) =>
        axis === 'y' && log ? decimal(Number((10 ** value).toPrecision(2))) : decimal(value),
      ...(several ? { lineFormatter: markerOf(order.map(({ mark }) => mark)) } : {}),
    },
  );
  const body = text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');
  return [`  ${y}, against ${x}`, ...body, ...(several ? legend(drawn) : [])];
}

/** Marks of the lines in the order in which the points of one after the other are drawn, each from its first on. */
function markerOf(marks: readonly string[]) {
  let line = -1;
  return ({ index, plotX, plotY }: { index: number; plotX: number; plotY: number }) => {
    if (index === 0) line++;
    return { x: plotX, y: plotY, symbol: marks[line] };
  };
}

/** '● 0.001   + 0.1', as many in a row as fit. */
function legend(drawn: readonly { readonly name: string; readonly mark: string }[]): string[] {
  const entries = drawn.map(({ name, mark }) => `${mark} ${name}`);
  const widest = Math.max(...entries.map(({ length }) => length));
  const across = Math.max(1, Math.floor(74 / (widest + 3)));
  const rows = Array.from({ length: Math.ceil(entries.length / across) }, (_, r) =>
    entries.slice(r * across, (r + 1) * across),
  );
  return ['', ...columns(rows, { indent: 4, gap: 3 })];
}

/** In the order of x. */
const onScale = (points: readonly Point[], log: boolean): [x: number, y: number][] =>
  points
    .filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y) && (!log || y > 0))
    .map(([x, y]): [number, number] => [x, log ? Math.log10(y) : y])
    .toSorted(([a], [b]) => a - b);

/** Points on the straight way between a line's own, two a column, so that rounding leaves none of the columns empty. */
function everyColumn(
  points: readonly [number, number][],
  low: number,
  high: number,
  width: number,
): [number, number][] {
  const step = (high - low) / (2 * width);
  if (step === 0) return [...points];
  const all: [number, number][] = [points[0]];
  for (let k = 1; k < points.length; k++) {
    const [[x0, y0], [x1, y1]] = [points[k - 1], points[k]];
    for (let c = Math.floor((x0 - low) / step) + 1; low + c * step < x1; c++) {
      const x = low + c * step;
      all.push([x, y0 + ((y1 - y0) * (x - x0)) / (x1 - x0)]);
    }
  }
  return [...all, ...(points.length > 1 ? [points[points.length - 1]] : [])];
}

/** Every k-th point and the last: more than a few a column cannot be told apart. */
function thin<T>(points: readonly T[], most: number): T[] {
  const every = Math.max(1, Math.ceil(points.length / most));
  return points.filter((_, k) => k % every === 0 || k === points.length - 1);
}

const lesser = (a: number, b: number): number => (b < a ? b : a);
const greater = (a: number, b: number): number => (b > a ? b : a);
