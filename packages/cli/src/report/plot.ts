import { createRequire } from 'node:module';
import { axisX, axisY, type Markish, type PlotOptions, plot, type ScaleOptions } from '@observablehq/plot';
import { markup, markupOf } from './markup/markup.ts';
import type { Drawing } from './picture.ts';

/** Loaded with the first drawing: 52 files, which most commands need none of. Its types name another module. */
const loadDomino = () =>
  createRequire(import.meta.url)('@mixmark-io/domino') as {
    createDocument(html: string): NonNullable<PlotOptions['document']>;
  };

/** Draws a chart of Observable Plot's to elements of SVG, in a document that is no browser's. */
export function drawPlot(options: PlotOptions & { width: number; height: number }): Drawing {
  const { width, height } = options;
  const document = loadDomino().createDocument('');
  const marks = [...logAxis(axisX, options.x), ...logAxis(axisY, options.y), ...(options.marks ?? [])];
  const root = plot({ ...options, marks, document, className: 'plot', style: { fontSize: '12px' } });
  return { width, height, markup: markup`<g text-anchor="middle">${markupOf(root, shorten)}</g>` };
}

/** The axis of a log scale with each of its ticks labelled: Plot's own leaves out some, such as 0.5 and 0.05. */
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
const PLACES = new Set(['d', 'transform', 'x', 'y', 'x1', 'x2', 'y1', 'y2', 'cx', 'cy', 'r', 'width', 'height']);

/** Rounds coordinates to visible digits. */
const shorten = (name: string, value: string): string =>
  PLACES.has(name)
    ? value.replaceAll(/-?\d+\.\d{3,}(?:e-?\d+)?/g, (number) => String(Math.round(Number(number) * 100) / 100))
    : value;
