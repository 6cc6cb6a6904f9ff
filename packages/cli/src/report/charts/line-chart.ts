import { areaY, dot, line, ruleX, ruleY, text } from '@observablehq/plot';
import { type BandPoint, type Point, thin, thinBand } from '../../terminal/text/thin.ts';
import {
  axisMargins,
  fittingTicks,
  highest,
  innerWidth,
  isDrawable,
  lowest,
  scaleOver,
  shortNumber,
  tick,
} from '../axes.ts';
import { legend, stack } from '../compose.ts';
import { type Draw, isNarrow } from '../picture.ts';
import { drawPlot, type Stroke, strokeOf } from '../theme.ts';
import { hoverStrips } from './hover-strips.ts';

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
  readonly stroke?: Stroke; // default: chosen by the line's index
  readonly dots?: boolean; // a mark at each point; by default only if there are few
  readonly errorBars?: readonly BandPoint[]; // x, lowest, mean and highest value
}

/** A mean line with a band from the lowest to the highest value. */
export interface Band {
  readonly name: string;
  readonly points: readonly BandPoint[]; // x, lowest, mean and highest value
  readonly stroke: Stroke;
}

/** A value to compare lines with. */
export interface Level {
  readonly name: string;
  readonly value: number;
}

export interface LineChartOptions {
  readonly series: readonly Series[];
  readonly band?: Band;
  readonly x: { readonly label: string; readonly log?: boolean; readonly whole?: boolean };
  readonly y: { readonly label: string; readonly log?: boolean; readonly domain?: readonly [number, number] };
  /** Values of x at which to draw a vertical line. */
  readonly rules?: readonly number[];
  /** Values of y at which to draw a horizontal line with its name. */
  readonly levels?: readonly Level[];
  readonly height?: number;
  readonly legend?: boolean; // default: only with several lines
}

/** Lines with more points have no marks at them. */
const MAX_DOTS = 30;

/** A chart of lines, with a legend if there are several. */
export function lineChart({ series, band, x, y, rules = [], levels = [], height, ...options }: LineChartOptions): Draw {
  const lines = series.map(({ points, dots, ...rest }, k) => ({
    stroke: strokeOf(k),
    ...rest,
    points: thin(points.filter(([xValue, value]) => isDrawable(xValue, x.log) && isDrawable(value, y.log))),
    dots: dots ?? points.length <= MAX_DOTS,
  }));
  const bandPoints = thinBand(
    band?.points.filter(
      ([xValue, ...values]) => isDrawable(xValue, x.log) && values.every((value) => isDrawable(value, y.log)),
    ) ?? [],
  );
  const errorBars = series.flatMap((line) => line.errorBars ?? []);
  const points = [
    ...lines.flatMap((drawnLine) => drawnLine.points),
    ...[...errorBars, ...bandPoints].flatMap(([xValue, low, , high]): Point[] => [
      [xValue, low],
      [xValue, high],
    ]),
  ];
  const ys = [...points.map(([, value]) => value), ...levels.map(({ value }) => value), ...(y.domain ?? [])];
  const hoverLines = lines.map(({ name, points, errorBars = [] }) => ({
    name,
    points: points.map(([xValue, value]) => {
      const errorBar = errorBars.find(([barX]) => barX === xValue);
      return [xValue, withRange(value, errorBar)] as const;
    }),
  }));
  if (band !== undefined) {
    hoverLines.push({ name: band.name, points: bandPoints.map((point) => [point[0], withRange(point[2], point)]) });
  }
  const chart: Draw = (width) => {
    const narrow = isNarrow(width);
    return drawPlot({
      width,
      height: height ?? (narrow ? 260 : 320),
      margins: axisMargins,
      x: {
        ...scaleOver([...points.map(([value]) => value), ...rules], x.label, x.log ?? false),
        grid: false,
        ...(x.log
          ? {}
          : { nice: false, ticks: ticksOf(points, innerWidth(width), narrow ? 5 : 8, x.whole), tickFormat: tick }),
      },
      y: { ...scaleOver(ys, y.label, y.log ?? false), ...(y.log ? {} : { ticks: 6 }) },
      marks: [
        ruleX(rules, { stroke: 'var(--soft)', strokeDasharray: '3 3' }),
        ...(band === undefined ? [] : drawBand(band, bandPoints, lines.length === 0 ? 1.5 : 1)),
        ...lines.flatMap(({ points, stroke, dots }) => [
          line(points as [number, number][], { stroke: stroke.color, strokeWidth: 2, strokeDasharray: stroke.dash }),
          ...(dots ? [dot(points as [number, number][], { fill: stroke.color, r: 3 })] : []),
        ]),
        ...lines.map(({ errorBars = [], stroke }) =>
          ruleX(errorBars as BandPoint[], { x: '0', y1: '1', y2: '3', stroke: stroke.color, strokeWidth: 1.5 }),
        ),
        ruleY(levels, { y: 'value', stroke: 'var(--soft)', strokeDasharray: '3 3' }),
        text(levels, {
          y: 'value',
          text: 'name',
          frameAnchor: 'right',
          textAnchor: 'end',
          dy: -7,
          fill: 'var(--soft)',
          className: 'halo',
        }),
        hoverStrips(hoverLines, (xValue) => `${x.label} ${shortNumber(xValue, 4)}`, x.log),
      ],
    });
  };
  const names = band === undefined ? lines : [band, ...lines];
  return (options.legend ?? names.length > 1) ? stack([legend(names), chart]) : chart;
}

/** '0.5', or '0.5 (0.4 to 0.7)' if there is a range of values. */
function withRange(value: number, range: BandPoint | undefined): string {
  const text = shortNumber(value, 4);
  const [, low, , high] = range ?? [value, value, value, value];
  return low === high ? text : `${text} (${shortNumber(low, 4)} to ${shortNumber(high, 4)})`;
}

const drawBand = ({ stroke: { color } }: Band, points: readonly BandPoint[], strokeWidth: number) => [
  areaY(points as BandPoint[], { x: '0', y1: '1', y2: '3', fill: color, fillOpacity: 0.35 }),
  line(points as BandPoint[], { x: '0', y: '2', stroke: color, strokeWidth }),
];

/** Ticks between whole numbers, such as epochs, would be meaningless. */
function ticksOf(points: readonly Point[], width: number, maxTicks: number, isWhole?: boolean): number[] {
  const xs = points.map(([value]) => value).filter((value) => isDrawable(value));
  const minStep = (isWhole ?? xs.every(Number.isInteger)) ? 1 : 0;
  return xs.length === 0 ? [] : fittingTicks(lowest(xs), highest(xs), width, maxTicks, minStep);
}
