import { type Markup, markup } from '../markup/markup.ts';

const LEVELS = 8;

/** A square image. */
export interface Pixels {
  readonly side: number;
  readonly values: Uint8Array; // [side, side]
}

/** One path per brightness level; neighbouring pixels are merged into one stroke. */
export function pixels({ side, values }: Pixels): Markup {
  const level = (k: number): number => Math.round((values[k] / 255) * LEVELS);
  const paths = new Array<string>(LEVELS + 1).fill('');
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; ) {
      const found = level(y * side + x);
      let end = x + 1;
      while (end < side && level(y * side + end) === found) end++;
      paths[found] += `M${x},${y}h${end - x}v1h${x - end}z`;
      x = end;
    }
  }
  const frame = markup`<rect width="${side}" height="${side}" fill="none" stroke="var(--rule)" stroke-width="0.3"/>`;
  const ink = paths.flatMap((d, k) =>
    k === 0 || d === '' ? [] : markup`<path fill-opacity="${k / LEVELS}" shape-rendering="crispEdges" d="${d}"/>`,
  );
  return markup`${frame}${ink}`;
}
