import { areaY, dot, line, ruleX, ruleY, text } from '@observablehq/plot';
import { type BandPoint, type Point, thin, thinBand } from '../../terminal/text/thin.ts';
import { fittingTicks, highest, isDrawable, lowest, scaleOver, tick } from '../axes.ts';
import { stack } from '../compose.ts';
import { legend } from '../legend.ts';
import { type Drawing, isNarrow } from '../picture.ts';
import { drawPlot, type Stroke, strokeOf } from '../theme.ts';
import { hoverStrips } from './hover-strips.ts';

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
  readonly stroke?: Stroke; // default: chosen by the line's index
  readonly dots?: boolean; // a mark at each point; by default only if there are few
  readonly errorBars?: readonly BandPoint[]; // lowest and highest value at each x
}

/** A mean line with a band from the lowest to the highest value. */
export interface Band {
  readonly name: string;
  readonly points: readonly BandPoint[];
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

const MAX_DOTS = 30;

/** A chart of lines, with a legend if there are several. */
export function lineChart(
  { series, band, x, y, rules = [], levels = [], height, ...rest }: LineChartOptions,
  width: number,
): Drawing {
  const lines = series.map(({ points, dots, ...rest }, k) => ({
    stroke: strokeOf(k),
    ...rest,
    points: thin(points.filter(([at, value]) => isDrawable(at, x.log) && isDrawable(value, y.log))),
    dots: dots ?? points.length <= MAX_DOTS,
  }));
  const bars = series.flatMap(({ errorBars = [] }) => errorBars.map(([at, low, , high]) => ({ at, low, high })));
  const spread = thinBand(
    band?.points.filter(
      ([at, ...values]) => isDrawable(at, x.log) && values.every((value) => isDrawable(value, y.log)),
    ) ?? [],
  );
  const all = [
    ...lines.flatMap(({ points }) => points),
    ...bars.flatMap(({ at, low, high }): Point[] => [
      [at, low],
      [at, high],
    ]),
    ...spread.flatMap(([at, low, , high]): Point[] => [
      [at, low],
      [at, high],
    ]),
  ];
  const ys = [...all.map(([, value]) => value), ...levels.map(({ value }) => value), ...(y.domain ?? [])];
  const narrow = isNarrow(width);
  const hoverLines = [
    ...lines.map(({ name, points, errorBars = [] }) => ({
      name,
      points: points.map(([at, value]) => [at, `${readable(value)}${rangeText(errorBars, at)}`] as const),
    })),
    ...(band === undefined
      ? []
      : [
          {
            name: band.name,
            points: spread.map(
              ([at, low, mean, high]) =>
                [
                  at,
                  low === high ? readable(mean) : `${readable(mean)} (${readable(low)} to ${readable(high)})`,
                ] as const,
            ),
          },
        ]),
  ];
  const chart = drawPlot({
    width,
    height: height ?? (narrow ? 260 : 320),
    marginLeft: 62,
    marginRight: 24,
    marginTop: 28,
    marginBottom: 40,
    x: {
      ...scaleOver([...all.map(([value]) => value), ...rules], x.label, x.log ?? false),
      grid: false,
      ...(x.log ? {} : { nice: false, ticks: ticksOf(all, width - 86, narrow ? 5 : 8, x.whole), tickFormat: tick }),
    },
    y: { ...scaleOver(ys, y.label, y.log ?? false), ...(y.log ? {} : { ticks: 6 }) },
    marks: [
      ruleX(rules, { stroke: 'var(--soft)', strokeDasharray: '3 3' }),
      ...(band === undefined ? [] : drawBand(band, spread, lines.length === 0 ? 1.5 : 1)),
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
      hoverStrips(hoverLines, (at) => `${x.label} ${readable(at)}`, x.log),
    ],
  });
  const names = band === undefined ? lines : [band, ...lines];
  if (!(rest.legend ?? names.length > 1)) return chart;
  return stack([legend(names, width), chart]);
}

/** Rounds to as many digits as a reader can use. */
const readable = (value: number): string => tick(Number(value.toPrecision(4)));

function rangeText(errorBars: readonly BandPoint[], at: number): string {
  const bar = errorBars.find(([x]) => x === at);
  return bar === undefined || bar[1] === bar[3] ? '' : ` (${readable(bar[1])} to ${readable(bar[3])})`;
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
