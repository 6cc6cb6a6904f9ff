import { inLines, type Markup, markup } from './markup/markup.ts';

/**
 * Colours by Okabe and Ito, which people with any kind of colour vision tell apart; on dark paper lighter ones of the
 * same hues.
 */
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

/** A line's colour and dashes: either tells it from the others. */
export interface Stroke {
  readonly color: string;
  readonly dash: string; // of stroke-dasharray
}

const COLORS = 6;
const DASHES = ['none', '7 3', '2 3', '9 3 2 3', '12 4', '4 2'];

/** The k-th line of a chart. */
export const strokeOf = (k: number): Stroke => ({
  color: `var(--c${(k % COLORS) + 1})`,
  dash: DASHES[k % DASHES.length],
});

const declare = (colors: typeof light): Markup =>
  markup`${Object.entries(colors).map(([name, value], k) => markup`${k === 0 ? '' : ';'}--${name}:${value}`)}`;

/** Custom properties of `scope`, by the reader's preference; paper is light. */
export const themeStyle = (scope: Markup): Markup =>
  inLines([
    markup`${scope}{color-scheme:light dark;${declare(light)}}`,
    markup`@media screen and (prefers-color-scheme:dark){${scope}{${declare(dark)}}}`,
  ]);

/** Style that drawings rely on, in a page and in a file. */
export const drawingStyle = inLines([
  markup`.chart{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;color:var(--ink);fill:currentColor;overflow:visible}`,
  markup`.chart text{white-space:pre}`,
  // Strips that show values beneath the pointer.
  markup`.chart [fill=transparent]:hover,.chart [fill=transparent] rect:hover{fill:var(--soft);fill-opacity:.15}`,
  markup`.chart .halo{paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}`,
]);
