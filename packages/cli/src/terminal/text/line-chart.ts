import { plot } from 'simple-ascii-chart';
import { columns } from './columns.ts';
import { decimal } from './format.ts';
import { type BandPoint, type Point, thin } from './thin.ts';

export interface Line {
  readonly name: string;
  readonly points: readonly Point[];
  readonly errorBars?: ErrorBars;
}

/** Vertical lines from the lowest to the highest value at a point. */
export interface ErrorBars {
  readonly name: string; // name in the legend
  readonly points: readonly BandPoint[]; // x, lowest, mean and highest value
}

export interface LineChartOptions {
  x: string; // title of the x-axis
  y: string;
  log?: boolean; // logarithmic y-axis, mentioned in the heading
  width?: number; // columns of the plot without labels, default 58
  height?: number; // rows, default 12
}

const BAR = '│'; // of error bars
/** Marks of the lines of a chart, distinguishable without colour. */
const MARKS = ['●', '+', '○', '×', '*', '■', '◆', '#', '▲', '=', '□', '~'];

/**
 * A chart of at most 80 columns. Every row is labelled with the value in its middle; the top row is the highest value.
 * Values that are not finite, or on a log scale not above 0, are left out. With several lines, each has a mark, the
 * first is on top with its error bars below it, and a legend follows.
 */
export function lineChart(lines: readonly Line[], options: LineChartOptions): string[] {
  const { x, y, log = false, width = 58, height = 12 } = options;
  const drawn = lines
    .flatMap(({ name, points, errorBars }, k) => [
      { name, mark: MARKS[k % MARKS.length], points: onScale(points, log) },
      ...(errorBars === undefined
        ? []
        : [{ name: errorBars.name, mark: BAR, points: onScale(endsOf(errorBars.points), log) }]),
    ])
    .filter(({ points }) => points.length > 0);
  const xs = drawn.flatMap(({ points }) => points.map(([a]) => a));
  if (xs.length === 0) return ['  nothing to draw'];
  const [low, high] = [xs.reduce(lesser), xs.reduce(greater)];
  const ys = drawn.flatMap(({ points }) => points.map(([, b]) => b));
  const rows = rowValues(ys, height);
  const label = (value: number): string => decimal(log ? 10 ** value : value);
  const labelWidth = Math.max(...rows.map((value) => label(value).length));
  const hasSeveral = drawn.length > 1 || lines.length > 1;
  // Later points cover earlier ones.
  const drawOrder = hasSeveral ? drawn.toReversed() : drawn;
  const text = plot(
    drawOrder.map(({ mark, points }) => {
      if (mark === BAR) return everyRow(points, rows);
      const thinnedPoints = thin(points, 4 * width);
      return hasSeveral
        ? everyColumn(thinnedPoints, low, high, width)
        : thinnedPoints.map(([a, b]): [number, number] => [a, b]);
    }),
    {
      width,
      height,
      customXAxisTicks: [low, (low + high) / 2, high],
      customYAxisTicks: rows,
      // The package reserves room only for the labels of the points.
      formatter: (value, { axis }) => (axis === 'y' ? label(value).padStart(labelWidth) : decimal(value)),
      ...(hasSeveral ? { lineFormatter: markerOf(drawOrder.map(({ mark }) => mark)) } : {}),
    },
  );
  const body = text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');
  return [`  ${y}${log ? ' (log scale)' : ''}, against ${x}`, ...body, ...(hasSeveral ? legend(drawn) : [])];
}

/** Marks of the lines in the order in which the package draws their points. */
function markerOf(marks: readonly string[]) {
  let line = -1;
  return ({ index, plotX, plotY }: { index: number; plotX: number; plotY: number }) => {
    if (index === 0) line++;
    return { x: plotX, y: plotY, symbol: marks[line] };
  };
}

/** '● 0.001   + 0.1', as many per row as fit. */
function legend(drawn: readonly { readonly name: string; readonly mark: string }[]): string[] {
  const entries = drawn.map(({ name, mark }) => `${mark} ${name}`);
  const widest = Math.max(...entries.map(({ length }) => length));
  const perRow = Math.max(1, Math.floor(74 / (widest + 3)));
  const rows = Array.from({ length: Math.ceil(entries.length / perRow) }, (_, r) =>
    entries.slice(r * perRow, (r + 1) * perRow),
  );
  return ['', ...columns(rows, { indent: 4, gap: 3 })];
}

/** The points that can be drawn, in the order of x. */
const onScale = (points: readonly Point[], log: boolean): [x: number, y: number][] =>
  points
    .filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y) && (!log || y > 0))
    .map(([x, y]): [number, number] => [x, log ? Math.log10(y) : y])
    .toSorted(([a], [b]) => a - b);

/** Values in the middle of each row, from the lowest up. */
function rowValues(ys: readonly number[], height: number): number[] {
  const [low, high] = [ys.reduce(lesser), ys.reduce(greater)];
  if (low === high) return [low];
  // Rounding must not move the highest label out of the range, where it would be dropped.
  return Array.from({ length: height }, (_, r) => Math.min(high, low + ((high - low) * r) / (height - 1)));
}

/** The points of a line, and two per column between them, so that rounding leaves no column empty. */
function everyColumn(points: readonly Point[], low: number, high: number, width: number): [number, number][] {
  const step = (high - low) / (2 * width);
  const [[firstX, firstY]] = points;
  const dense: [number, number][] = [[firstX, firstY]];
  for (let k = 1; k < points.length; k++) {
    const [[x0, y0], [x1, y1]] = [points[k - 1], points[k]];
    for (let c = Math.floor((x0 - low) / step) + 1; low + c * step < x1; c++) {
      const x = low + c * step;
      dense.push([x, y0 + ((y1 - y0) * (x - x0)) / (x1 - x0)]);
    }
    dense.push([x1, y1]);
  }
  return dense;
}

const endsOf = (bars: readonly BandPoint[]): Point[] =>
  bars.flatMap(([x, low, , high]): Point[] => [
    [x, low],
    [x, high],
  ]);

/** Error bars with their ends, and the rows between them. */
function everyRow(ends: readonly Point[], rows: readonly number[]): [number, number][] {
  const points: [number, number][] = [];
  for (let k = 0; k + 1 < ends.length; k += 2) {
    const [[x, low], [, high]] = [ends[k], ends[k + 1]];
    points.push([x, low]);
    for (const row of rows) if (row > low && row < high) points.push([x, row]);
    points.push([x, high]);
  }
  return points;
}

const lesser = (a: number, b: number): number => (b < a ? b : a);
const greater = (a: number, b: number): number => (b > a ? b : a);
