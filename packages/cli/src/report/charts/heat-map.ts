import { cell } from '@observablehq/plot';
import { evenlySpaced, type LogRange, shortNumber } from '../axes.ts';
import { placedAt } from '../compose.ts';
import { markup } from '../markup/markup.ts';
import { type Draw, isNarrow } from '../picture.ts';
import { drawPlot } from '../theme.ts';

export interface HeatMap {
  readonly columns: readonly string[]; // from left to right
  readonly rows: readonly string[]; // from top to bottom
  readonly values: readonly (readonly number[])[]; // [row][column]; NaN stays empty
  readonly x: string;
  readonly y: string;
  readonly left?: number; // pixels for the row names, at most half of the width
}

/** Maximum number of columns drawn; if there are more, evenly spaced ones. */
const MAX_COLUMNS = 60;
/** Maximum number of rows drawn: more would be less than a pixel high. */
const MAX_ROWS = 160;

/** Cells coloured by the logarithm of their value with viridis: small is dark, which works without colour vision. */
export const heatMap =
  ({ columns, rows, values, x, y, left = 46 }: HeatMap, range: LogRange): Draw =>
  (width) => {
    const columnIndices = evenlySpaced([...columns.keys()], MAX_COLUMNS);
    const rowIndices = evenlySpaced([...rows.keys()], MAX_ROWS);
    const [shownColumns, shownRows] = [columnIndices.map((c) => columns[c]), rowIndices.map((r) => rows[r])];
    const cells = rowIndices.flatMap((r) =>
      columnIndices.flatMap((c) =>
        values[r][c] > 0 ? [{ row: rows[r], column: columns[c], value: values[r][c] }] : [],
      ),
    );
    return drawPlot({
      width,
      height: Math.max(120, Math.min(340, 18 * shownRows.length)) + 64,
      margins: { left: Math.min(width / 2, left), right: 4, top: 4, bottom: 40 },
      padding: 0,
      x: {
        type: 'band',
        domain: shownColumns,
        label: x,
        ticks: evenlySpaced(shownColumns, isNarrow(width) ? 4 : 8),
        tickSize: 3,
        labelArrow: 'right',
      },
      y: {
        type: 'band',
        domain: shownRows,
        label: y,
        ticks: evenlySpaced(shownRows, 20),
        tickSize: 3,
        labelArrow: 'down',
      },
      color: { type: 'log', domain: range as [number, number], scheme: 'viridis', clamp: true },
      marks: [
        cell(cells, {
          x: 'column',
          y: 'row',
          fill: 'value',
          inset: -0.25,
          ...(cells.length > MAX_TITLES
            ? {}
            : {
                title: ({ row, column, value }: (typeof cells)[number]) =>
                  `${y} ${row}, ${x} ${column}: ${shortNumber(value)}`,
              }),
        }),
      ],
    });
  };

/** Maximum number of cells that show their value on hover: more would make the page several times as large. */
const MAX_TITLES = 3000;

/** Colours of a legend. */
const LEGEND_COLORS = 48;

/** A legend of the colours from low to high with numbers. */
export const colorBar =
  ([low, high]: LogRange, label: string): Draw =>
  (width) => {
    const bar = Math.min(280, width - 40);
    const values = Array.from(
      { length: LEGEND_COLORS },
      (_, k) => 10 ** (Math.log10(low) + (k / (LEGEND_COLORS - 1)) * (Math.log10(high) - Math.log10(low))),
    );
    const strip = drawPlot({
      width: bar,
      height: 12,
      margins: { left: 0, right: 0, top: 0, bottom: 0 },
      padding: 0,
      axis: null,
      x: { type: 'band', domain: values },
      color: { type: 'log', domain: [low, high], scheme: 'viridis' },
      marks: [cell(values, { x: (value: number) => value, fill: (value: number) => value, inset: -0.25 })],
    });
    const numbers = [low, Math.sqrt(low * high), high].map((value, k) => {
      const anchor = ['start', 'middle', 'end'][k];
      const valueText = shortNumber(value, 1);
      return markup`<text x="${(k * bar) / 2}" y="44" text-anchor="${anchor}">${valueText}</text>`;
    });
    const bars = markup`<text x="0" y="12">${label}</text>${placedAt(0, 18, strip)}${numbers}`;
    return { width, height: 54, markup: bars };
  };
