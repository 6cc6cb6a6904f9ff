import { styleText } from 'node:util';
import type { Io, Output } from '../io.ts';

export type Paint = (format: Parameters<typeof styleText>[0], text: string) => string;

/** Colours for a stream: only where it is a terminal that has them, and NO_COLOR is not set (https://no-color.org). */
export function createPaint(stream: Output, env: Io['env']): Paint {
  // Without its own look at process.stdout, which need not be this stream.
  const plain = !stream.isTTY || Boolean(env.NO_COLOR) || env.TERM === 'dumb';
  return plain ? (_format, text) => text : (format, text) => styleText(format, text, { validateStream: false });
}
