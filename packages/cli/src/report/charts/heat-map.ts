import { cell } from '@observablehq/plot';
import { type LogRange, tick } from '../axes.ts';
import { at } from '../compose.ts';
import { short } from '../course.ts';
import { markup } from '../markup/markup.ts';
import { type Drawing, isNarrow } from '../picture.ts';
import { drawPlot } from '../theme.ts';

export interface HeatMap {
  readonly columns: readonly string[]; // from left to right
  readonly rows: readonly string[]; // from top to bottom
  readonly values: readonly (readonly number[])[]; // [row][column]; NaN stays empty
  readonly x: string;
  readonly y: string;
  readonly left?: number; // width in pixels for the row names
}

/** Most columns drawn; if there are more, evenly spaced ones. */
const MAX_COLUMNS = 60;
/** Most rows drawn: more would be less than a pixel high. */
const MAX_ROWS = 160;

/**
 * Cells coloured by the logarithm of their value with viridis: small is dark, which also works without colour vision.
 */
export function heatMap(
  { columns, rows: names, values, x, y, left = 46 }: HeatMap,
  range: LogRange,
  width: number,
): Drawing {
  const [columnStride, rowStride] = [Math.ceil(columns.length / MAX_COLUMNS), Math.ceil(names.length / MAX_ROWS)];
  const shown = columns.filter((_, c) => c % columnStride === 0);
  const rows = names.filter((_, r) => r % rowStride === 0);
  const cells = values.flatMap((row, r) =>
    row.flatMap((value, c) =>
      r % rowStride === 0 && c % columnStride === 0 && value > 0 ? [{ r: names[r], c: columns[c], value }] : [],
    ),
  );
  const narrow = isNarrow(width);
  const ticksOf = (names: readonly string[], maxTicks: number) => {
    const stride = Math.ceil(names.length / maxTicks);
    return names.filter((_, k) => k % stride === 0);
  };
  return drawPlot({
    width,
    height: Math.max(120, Math.min(340, 18 * rows.length)) + 64,
    marginLeft: left,
    marginRight: 4,
    marginTop: 4,
    marginBottom: 40,
    padding: 0,
    x: {
      type: 'band',
      domain: shown,
      label: x,
      ticks: ticksOf(shown, narrow ? 4 : 8),
      tickSize: 3,
      labelArrow: 'right',
    },
    y: { type: 'band', domain: rows, label: y, ticks: ticksOf(rows, 20), tickSize: 3, labelArrow: 'down' },
    color: { type: 'log', domain: range as [number, number], scheme: 'viridis', clamp: true },
    marks: [
      cell(cells, {
        x: 'c',
        y: 'r',
        fill: 'value',
        inset: -0.25,
        ...(cells.length > MAX_TITLES
          ? {}
          : { title: ({ r, c, value }: (typeof cells)[number]) => `${y} ${r}, ${x} ${c}: ${short(value)}` }),
      }),
    ],
  });
}

/** Most cells that show their value on hover: more would make the page several times as large. */
const MAX_TITLES = 3000;

const STEPS = 48;

/** A legend of the colours from low to high with numbers. */
export function colorBar([low, high]: LogRange, label: string, width: number): Drawing {
  const bar = Math.min(280, width - 40);
  const values = Array.from(
    { length: STEPS },
    (_, k) => 10 ** (Math.log10(low) + (k / (STEPS - 1)) * (Math.log10(high) - Math.log10(low))),
  );
  const strip = drawPlot({
    width: bar,
    height: 12,
    margin: 0,
    padding: 0,
    axis: null,
    x: { type: 'band', domain: values },
    color: { type: 'log', domain: [low, high], scheme: 'viridis' },
    marks: [cell(values, { x: (value: number) => value, fill: (value: number) => value, inset: -0.25 })],
  });
  const numbers = [low, Math.sqrt(low * high), high].map((value, k) => {
    const anchor = ['start', 'middle', 'end'][k];
    const shown = tick(Number(value.toPrecision(1)));
    return markup`<text x="${(k * bar) / 2}" y="44" text-anchor="${anchor}">${shown}</text>`;
  });
  const bars = markup`<text x="0" y="12">${label}</text>${at(0, 18, strip)}${numbers}`;
  return { width, height: 54, markup: bars };
}
