import type { Markup } from './markup/markup.ts';

/** A chart of a report: a title, a caption, and a function that draws it at a given width. */
export interface Picture {
  readonly name: string; // of its file, without .svg
  readonly title: string; // title: what it shows
  readonly sentence: string; // caption below it
  /** Text for screen readers: the axes, and the important values. */
  readonly alternative: string;
  /** Columns and labels fit into `width` pixels; text is as large at any width. */
  readonly draw: (width: number) => Drawing;
}

/** SVG elements without the root around them. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly markup: Markup;
}

/** Of a screen and a page of paper, and of a phone. */
export const WIDE = 720;
export const NARROW = 352;

/** Drawings at `WIDE` of pictures that were drawn. */
const drawn = new WeakMap<Picture, Drawing>();

/** A picture at `WIDE`, which both the page and the file beside it show: drawn once for both. */
export function drawWide(picture: Picture): Drawing {
  const drawing = drawn.get(picture) ?? picture.draw(WIDE);
  drawn.set(picture, drawing);
  return drawing;
}

export const isNarrow = (width: number): boolean => width < 500;
