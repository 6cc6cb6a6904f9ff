import { plot } from 'simple-ascii-chart';
import { decimal } from './format.ts';

export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface LineChartOptions {
  x: string; // what the axes show
  y: string;
  log?: boolean; // y by powers of ten
  width?: number; // columns of the plot alone, default 58
  height?: number; // default 12
}

/** Lines of a chart of at most 80 columns. What is not finite, or on a log scale not above 0, is left out. */
export function lineChart(lines: readonly Line[], options: LineChartOptions): string[] {
  const { x, y, log = false, width = 58, height = 12 } = options;
  const drawn = lines.map(({ points }) =>
    thin(
      points.filter((point) => isDrawable(point, log)),
      4 * width,
    ).map(([a, b]): [number, number] => [a, log ? Math.log10(b) : b]),
  );
  const xs = drawn.flat().map(([a]) => a);
  if (xs.length === 0) return ['  nothing to draw'];
  const [low, high] = [Math.min(...xs), Math.max(...xs)];
  const text = plot(
    drawn.filter((own) => own.length > 0),
    {
      width,
      height,
      customXAxisTicks: [low, (low + high) / 2, high],
      formatter: (value, { axis }) =>
        axis === 'y' && log ? decimal(Number((10 ** value).toPrecision(2))) : decimal(value),
    },
  );
  const body = text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');
  return [`  ${y}, against ${x}`, ...body];
}

const isDrawable = ([x, y]: readonly [number, number], log: boolean): boolean =>
  Number.isFinite(x) && Number.isFinite(y) && (!log || y > 0);

/** Every k-th point and the last: more than a few a column cannot be told apart. */
function thin<T>(points: readonly T[], most: number): T[] {
  const every = Math.max(1, Math.ceil(points.length / most));
  return points.filter((_, k) => k % every === 0 || k === points.length - 1);
}
