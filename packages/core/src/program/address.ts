import type { Elements } from '../math/element-type.ts';

/** A view that caches its offset from the memory of the kernels. */
type Addressed = Elements & { address?: number };

/** Per buffer outside of the kernels' memory: bytes from the start of that memory to the buffer, possibly negative. */
const distances = new WeakMap<ArrayBufferLike, number>();

/**
 * Offset of a view in bytes from the start of the kernels' memory, cached on the view: V8 11.3 takes 15-25 ns to read
 * `byteOffset` of a view of shared memory but 1 ns for a property, and the 0.5 us step of XOR reads about forty.
 */
export const addressOf = (view: Addressed): number =>
  (view.address ??= view.byteOffset + (distances.get(view.buffer) ?? 0));

/** Records how far outside of the kernels' memory a buffer lies: before `addressOf` a view of it. It never moves. */
export function placeOutside(buffer: ArrayBufferLike, distance: number): void {
  distances.set(buffer, distance);
}
