import { cell } from '@observablehq/plot';
import { tick } from '../axes.ts';
import { at } from '../compose.ts';
import { type Drawing, isNarrow } from '../picture.ts';
import { drawPlot } from '../plot.ts';

export interface HeatMap {
  readonly columns: readonly string[]; // from the left
  readonly rows: readonly string[]; // from the top
  readonly values: readonly (readonly (number | null)[])[]; // [row][column]; null stays empty
  readonly x: string;
  readonly y: string;
  readonly left?: number; // pixels for the names of the rows
}

/** Columns that are drawn: of more, some at even distances. */
const MOST_COLUMNS = 60;

/** Powers of ten that the colours span. */
export type LogRange = readonly [low: number, high: number];

/** Cells coloured by the logarithm of their value: viridis, dark for small, also for who sees no colours. */
export function heatMap({ columns, rows, values, x, y, left = 46 }: HeatMap, range: LogRange, width: number): Drawing {
  const step = Math.ceil(columns.length / MOST_COLUMNS);
  const shown = columns.filter((_, c) => c % step === 0);
  const cells = values.flatMap((row, r) =>
    row.flatMap((value, c) =>
      c % step === 0 && value !== null && value > 0 ? [{ r: rows[r], c: columns[c], value }] : [],
    ),
  );
  const narrow = isNarrow(width);
  const every = (names: readonly string[], most: number) => {
    const step = Math.ceil(names.length / most);
    return names.filter((_, k) => k % step === 0);
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
      ticks: every(shown, narrow ? 4 : 8),
      tickSize: 3,
      labelArrow: 'right',
    },
    y: { type: 'band', domain: rows, label: y, ticks: every(rows, 20), tickSize: 3, labelArrow: 'down' },
    color: { type: 'log', domain: range as [number, number], scheme: 'viridis', clamp: true },
    marks: [cell(cells, { x: 'c', y: 'r', fill: 'value', inset: -0.25 })],
  });
}

const STEPS = 48;

/** The colours from low to high with their numbers. */
export function colorBar([low, high]: LogRange, label: string, width: number): Drawing {
  const bar = Math.min(280, width - 40);
  const values = Array.from({ length: STEPS }, (_, k) => low * (high / low) ** (k / (STEPS - 1)));
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
    return `<text x="${(k * bar) / 2}" y="44" text-anchor="${anchor}">${shown}</text>`;
  });
  const markup = `<text x="0" y="12">${label}</text>${at(0, 18, strip)}${numbers.join('')}`;
  return { width, height: 54, markup };
}

/** The range of positive numbers; rounded outwards to powers of ten. */
export function logRange(values: readonly number[]): LogRange {
  const positive = values.filter((value) => value > 0 && Number.isFinite(value));
  if (positive.length === 0) return [0.1, 1];
  const low = Math.floor(Math.log10(positive.reduce((a, b) => Math.min(a, b))));
  const high = Math.ceil(Math.log10(positive.reduce((a, b) => Math.max(a, b))));
  return [10 ** low, 10 ** (high > low ? high : low + 1)];
}
