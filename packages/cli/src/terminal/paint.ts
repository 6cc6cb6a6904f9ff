import type { Io, Output } from './io.ts';
import { markStyle, type Style } from './printable.ts';

export type Paint = (style: Style, text: string) => string;

/** Colours for a stream: only for a terminal that supports them, and without NO_COLOR (https://no-color.org). */
export function createPaint(stream: Output, env: Io['env']): Paint {
  // Open MPI gives each rank a terminal of its own, even if the output of mpirun goes to a file.
  const isRank = env.OMPI_COMM_WORLD_SIZE !== undefined;
  const isPlain = !stream.isTTY || isRank || Boolean(env.NO_COLOR) || env.TERM === 'dumb';
  return isPlain ? (_style, text) => text : markStyle;
}
