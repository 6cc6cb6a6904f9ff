import { createRequire } from 'node:module';
import { type PlotOptions, plot } from '@observablehq/plot';
import { markup, markupOf } from './markup/markup.ts';
import type { Drawing } from './picture.ts';

/** Its types name another module. */
const { createDocument } = createRequire(import.meta.url)('@mixmark-io/domino') as {
  createDocument(html: string): NonNullable<PlotOptions['document']>;
};

/** Draws a chart of Observable Plot's to elements of SVG, in a document that is no browser's. */
export function drawPlot(options: PlotOptions & { width: number; height: number }): Drawing {
  const { width, height } = options;
  const document = createDocument('');
  const root = plot({ ...options, document, className: 'plot', style: { fontSize: '12px' } });
  return { width, height, markup: markup`<g text-anchor="middle">${markupOf(root, shorten)}</g>` };
}

/** Attributes of places and sizes. */
const PLACES = new Set(['d', 'transform', 'x', 'y', 'x1', 'x2', 'y1', 'y2', 'cx', 'cy', 'r', 'width', 'height']);

/** Without digits that nobody sees. */
const shorten = (name: string, value: string): string =>
  PLACES.has(name)
    ? value.replaceAll(/-?\d+\.\d{3,}(?:e-?\d+)?/g, (number) => String(Math.round(Number(number) * 100) / 100))
    : value;
