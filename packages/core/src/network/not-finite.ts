import type { Elements } from '../math/element-type.ts';
import type { Pausable } from '../math/pausable.ts';
import { viewOf } from '../math/scratch.ts';

/** Numbers checked between two pauses, 1 MiB: 0.1 to 0.5 ms. */
const STRETCH = 1 << 17;

/** Index of the first of `n` numbers that is not finite; undefined if all are. */
export function firstNotFinite(
  array: Elements, // [n] or longer
  n: number,
): number | undefined {
  for (let i = 0; i < n; i++) if (array[i] - array[i] !== 0) return i;
  return undefined;
}

/** `firstNotFinite` for a whole array, with pauses. */
export function* findNotFinite(array: Elements): Pausable<number | undefined> {
  for (let at = 0; at < array.length; at += STRETCH) {
    const length = Math.min(STRETCH, array.length - at);
    const found = firstNotFinite(viewOf(array, at, length), length);
    if (found !== undefined) return at + found;
    yield;
  }
  return undefined;
}
