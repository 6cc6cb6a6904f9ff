import { markup } from './markup/markup.ts';
import type { Draw } from './picture.ts';
import type { Stroke } from './theme.ts';

export interface LegendEntry {
  readonly name: string;
  readonly stroke: Stroke;
}

const ROW = 20;
const SAMPLE = 28; // width of a line's sample in pixels
const GAP = 18;
const LETTER = 7.4; // pixels, wider than most letters, so that no entry overlaps the next

/** A sample and the name of each line, in as many rows as needed. */
export const legend =
  (entries: readonly LegendEntry[]): Draw =>
  (width) => {
    let x = 0;
    let y = 0;
    const parts = entries.map(({ name, stroke }) => {
      const length = SAMPLE + 6 + name.length * LETTER + GAP;
      if (x > 0 && x + length - GAP > width) {
        x = 0;
        y += ROW;
      }
      const sample = markup`<path d="M${x},${y + 10}h${SAMPLE}" stroke="${stroke.color}" stroke-width="2.5" stroke-dasharray="${stroke.dash}"/>`;
      const text = markup`<text x="${x + SAMPLE + 6}" y="${y + 14}">${name}</text>`;
      x += length;
      return markup`${sample}${text}`;
    });
    return { width, height: y + ROW + 8, markup: markup`${parts}` };
  };
