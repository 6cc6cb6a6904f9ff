import { highest } from './axes.ts';
import { type Markup, markup } from './markup/markup.ts';
import { type Draw, type Drawing, isNarrow } from './picture.ts';
import type { Stroke } from './theme.ts';

/** Stacks drawings vertically. */
export const stack =
  (draws: readonly Draw[]): Draw =>
  (width) => {
    let height = 0;
    const parts = draws.map((draw) => {
      const drawing = draw(width);
      const part = placedAt(0, height, drawing);
      height += drawing.height;
      return part;
    });
    return { width, height, markup: markup`${parts}` };
  };

/** A drawing with its own heading, part of a larger one. */
export interface Panel {
  readonly title: string;
  readonly draw: Draw;
}

const HEADING = 26;
const GAP = 16;

/** Panels in rows of `columns` on a screen, and of `narrowColumns` on a phone. */
export const grid =
  (panels: readonly Panel[], columns: number, narrowColumns = Math.max(1, Math.floor(columns / 2))): Draw =>
  (width) => {
    const across = Math.min(panels.length, isNarrow(width) ? narrowColumns : columns);
    const panelWidth = Math.floor((width - GAP * (across - 1)) / across);
    const drawings = panels.map((panel) => panel.draw(panelWidth));
    const tallest = highest(drawings.map((drawing) => drawing.height));
    const parts = drawings.map((drawing, k) => {
      const [x, y] = [(k % across) * (panelWidth + GAP), Math.floor(k / across) * (tallest + HEADING + GAP)];
      const heading = markup`<text x="${x}" y="${y + 16}" font-weight="600">${panels[k].title}</text>`;
      return markup`${heading}${placedAt(x, y + HEADING, drawing)}`;
    });
    const rows = Math.ceil(panels.length / across);
    return { width, height: rows * (tallest + HEADING + GAP) - GAP, markup: markup`${parts}` };
  };

/** A drawing at a position in a larger one. */
export const placedAt = (x: number, y: number, drawing: Pick<Drawing, 'markup'>): Markup =>
  markup`<g transform="translate(${x},${y})">${drawing.markup}</g>`;

export interface LegendEntry {
  readonly name: string;
  readonly stroke: Stroke;
}

const LEGEND_ROW = 20;
const SAMPLE = 28; // width of a line's sample in pixels
const LEGEND_GAP = 18;
const LETTER = 7.4; // pixels, wider than most letters, so that no entry overlaps the next

/** A sample and the name of each line, in as many rows as needed. */
export const legend =
  (entries: readonly LegendEntry[]): Draw =>
  (width) => {
    let x = 0;
    let y = 0;
    const parts = entries.map(({ name, stroke }) => {
      const length = SAMPLE + 6 + name.length * LETTER + LEGEND_GAP;
      if (x > 0 && x + length - LEGEND_GAP > width) {
        x = 0;
        y += LEGEND_ROW;
      }
      const sample = markup`<path d="M${x},${y + 10}h${SAMPLE}" stroke="${stroke.color}" stroke-width="2.5" stroke-dasharray="${stroke.dash}"/>`;
      const text = markup`<text x="${x + SAMPLE + 6}" y="${y + 14}">${name}</text>`;
      x += length;
      return markup`${sample}${text}`;
    });
    return { width, height: y + LEGEND_ROW + 8, markup: markup`${parts}` };
  };
