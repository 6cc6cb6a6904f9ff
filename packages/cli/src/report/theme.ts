import { createRequire } from 'node:module';
import { axisX, axisY, type Markish, type PlotOptions, plot, type ScaleOptions } from '@observablehq/plot';
import { inLines, type Markup, markup, markupOf } from './markup/markup.ts';
import type { Drawing } from './picture.ts';

/** Colours by Okabe and Ito, distinguishable with any colour vision; lighter ones in the dark theme. */
const light = {
  paper: '#ffffff',
  ink: '#1c2127',
  soft: '#56616d',
  rule: '#d9dee4',
  c1: '#0072b2',
  c2: '#d55e00',
  c3: '#009e73',
  c4: '#b4558f',
  c5: '#c98a00',
  c6: '#4599d4',
};
const dark: typeof light = {
  paper: '#15181c',
  ink: '#e8ebee',
  soft: '#a3adb8',
  rule: '#363e47',
  c1: '#56b4e9',
  c2: '#f3823a',
  c3: '#1cc795',
  c4: '#e095c2',
  c5: '#f0c040',
  c6: '#a9d8f5',
};

/** A line's colour and dashes: either distinguishes it. */
export interface Stroke {
  readonly color: string;
  readonly dash: string; // value of stroke-dasharray
}

const COLORS = 6;
const DASHES = ['none', '7 3', '2 3', '9 3 2 3', '12 4', '4 2'];

/** The stroke of the k-th line of a chart. */
export const strokeOf = (k: number): Stroke => ({
  color: `var(--c${(k % COLORS) + 1})`,
  dash: DASHES[k % DASHES.length],
});

/** The stroke of the k-th network of a comparison: the first, which fails, is orange, and the second blue. */
export const networkStroke = (k: number): Stroke => strokeOf(k < 2 ? 1 - k : k);

const declarations = (colors: typeof light): Markup =>
  markup`${Object.entries(colors).map(([name, value], k) => markup`${k === 0 ? '' : ';'}--${name}:${value}`)}`;

/** Custom properties of `scope`, by the reader's preference; print is light. */
export const themeStyle = (scope: Markup): Markup =>
  inLines([
    markup`${scope}{color-scheme:light dark;${declarations(light)}}`,
    markup`@media screen and (prefers-color-scheme:dark){${scope}{${declarations(dark)}}}`,
  ]);

/** Styles that drawings need, in a page and in a file. */
export const drawingStyle = inLines([
  markup`.chart{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;color:var(--ink);fill:currentColor;overflow:visible}`,
  markup`.chart text{white-space:pre}`,
  // Strips that show values under the pointer.
  markup`.chart [fill=transparent]:hover,.chart [fill=transparent] rect:hover{fill:var(--soft);fill-opacity:.15}`,
  markup`.chart .halo{paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}`,
]);

/** Loaded with the first drawing: most commands need none of its 52 files. It has no types under this package name. */
const loadDomino = () =>
  createRequire(import.meta.url)('@mixmark-io/domino') as {
    createDocument(html: string): NonNullable<PlotOptions['document']>;
  };

/** A text that stays readable above lines and bars. */
export const halo = { fill: 'var(--ink)', stroke: 'var(--paper)', strokeWidth: 4 };

interface ChartOptions extends PlotOptions {
  readonly width: number;
  readonly height: number;
  readonly margins: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number };
}

/** Draws a chart of Observable Plot as SVG elements, in a document without a browser. */
export function drawPlot({ margins, ...options }: ChartOptions): Drawing {
  const { width, height } = options;
  const { left: marginLeft, right: marginRight, top: marginTop, bottom: marginBottom } = margins;
  const plotMargins = { marginLeft, marginRight, marginTop, marginBottom };
  const document = loadDomino().createDocument('');
  const marks = [...logAxis(axisX, options.x), ...logAxis(axisY, options.y), ...(options.marks ?? [])];
  const root = plot({ ...options, ...plotMargins, marks, document, className: 'plot', style: { fontSize: '12px' } });
  return { width, height, markup: markup`<g text-anchor="middle">${markupOf(root, roundCoordinates)}</g>` };
}

/** The axis of a log scale with a label at each tick: Plot's own omits some, such as 0.5 and 0.05. */
function logAxis(
  axis: (ticks: number[], options: TextLabels) => Markish,
  scale: ScaleOptions | null | undefined,
): Markish[] {
  if (scale?.type !== 'log' || !Array.isArray(scale.ticks)) return [];
  return [axis(scale.ticks as number[], { text: scale.tickFormat as TextLabels['text'] })];
}

interface TextLabels {
  readonly text: (value: number) => string;
}

/** Attributes that hold coordinates or sizes. */
const COORDINATES = new Set(['d', 'transform', 'x', 'y', 'x1', 'x2', 'y1', 'y2', 'cx', 'cy', 'r', 'width', 'height']);

/** Rounds coordinates to visible digits. */
const roundCoordinates = (name: string, value: string): string =>
  COORDINATES.has(name)
    ? value.replaceAll(/-?\d+(?:\.\d+)?(?:e-?\d+)?/g, (number) => String(Math.round(Number(number) * 100) / 100))
    : value;
