import type { Markup } from './markup/markup.ts';

/** A chart of a report: a title, a caption, and a function that draws it at a given width. */
export interface Picture {
  readonly name: string; // name of its file, without .svg
  readonly title: string; // what the picture shows
  readonly caption: string; // below the picture
  /** Text for screen readers: the axes and the important values. */
  readonly altText: string;
  readonly draw: Draw;
}

/** Draws something at a width in pixels: columns and labels fit into it, and text has the same size at any width. */
export type Draw = (width: number) => Drawing;

/** SVG elements without the root around them. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly markup: Markup;
}

/** Width on a screen and on paper; NARROW is for phones. */
export const WIDE = 720;
export const NARROW = 352;

/** Pictures that have been drawn at `WIDE`. */
const wideDrawings = new WeakMap<Picture, Drawing>();

/** Draws a picture at `WIDE`, once for both the page and the separate file. */
export function drawWide(picture: Picture): Drawing {
  const drawing = wideDrawings.get(picture) ?? picture.draw(WIDE);
  wideDrawings.set(picture, drawing);
  return drawing;
}

export const isNarrow = (width: number): boolean => width < 500;
