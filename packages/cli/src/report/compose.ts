import { highest } from './axes.ts';
import { type Markup, markup } from './markup/markup.ts';
import { type Drawing, isNarrow } from './picture.ts';

/** Stacks drawings vertically. */
export function stack(drawings: readonly Drawing[]): Drawing {
  const width = highest(drawings.map((drawing) => drawing.width));
  let height = 0;
  const parts = drawings.map((drawing) => {
    const part = at(0, height, drawing);
    height += drawing.height;
    return part;
  });
  return { width, height, markup: markup`${parts}` };
}

/** A drawing with its own heading, part of a larger one. */
export interface Panel {
  readonly title: string;
  readonly draw: (width: number) => Drawing;
}

const HEADING = 26;
const GAP = 16;

/** Panels side by side, at most `columns` of them; fewer on a narrow page. */
export function grid(panels: readonly Panel[], width: number, columns: number): Drawing {
  const across = Math.min(panels.length, isNarrow(width) ? Math.max(1, Math.floor(columns / 2)) : columns);
  const each = Math.floor((width - GAP * (across - 1)) / across);
  const drawings = panels.map((panel) => panel.draw(each));
  const tallest = highest(drawings.map((drawing) => drawing.height));
  const parts = drawings.map((drawing, k) => {
    const [x, y] = [(k % across) * (each + GAP), Math.floor(k / across) * (tallest + HEADING + GAP)];
    const heading = markup`<text x="${x}" y="${y + 16}" font-weight="600">${panels[k].title}</text>`;
    return markup`${heading}${at(x, y + HEADING, drawing)}`;
  });
  const rows = Math.ceil(panels.length / across);
  return { width, height: rows * (tallest + HEADING + GAP) - GAP, markup: markup`${parts}` };
}

/** A drawing at a position in a larger one. */
export const at = (x: number, y: number, drawing: Pick<Drawing, 'markup'>): Markup =>
  markup`<g transform="translate(${x},${y})">${drawing.markup}</g>`;
