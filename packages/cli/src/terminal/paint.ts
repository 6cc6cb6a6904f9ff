import type { Io, Output } from '../io.ts';
import { type Style, styled } from './printable.ts';

export type Paint = (style: Style, text: string) => string;

/** Colours for a stream: only for a terminal that supports them, and without NO_COLOR (https://no-color.org). */
export function createPaint(stream: Output, env: Io['env']): Paint {
  const plain = !stream.isTTY || Boolean(env.NO_COLOR) || env.TERM === 'dumb';
  return plain ? (_style, text) => text : styled;
}
