import type { Elements } from '../math/element-type.ts';

/** A view that caches its offset from the memory of the kernels. */
type Addressed = Elements & { address?: number };

/** Of each buffer that lies outside of a memory: bytes from the memory's start to its own, which may be below 0. */
const distances = new WeakMap<ArrayBufferLike, number>();

/**
 * The offset of a view in bytes from the start of the memory of the kernels, cached on the view: V8 11.3 takes 15-25 ns
 * to read `byteOffset` of a view of shared memory and 1 ns for a property, and the 0.5 us step of XOR reads about
 * forty.
 */
export const addressOf = (view: Addressed): number =>
  (view.address ??= view.byteOffset + (distances.get(view.buffer) ?? 0));

/**
 * Says how far outside of the memory of the kernels a buffer lies, before the first address in it is asked for. A
 * buffer does not move as long as it lives.
 */
export function placeOutside(buffer: ArrayBufferLike, distance: number): void {
  distances.set(buffer, distance);
}

/** Whether a view lies in the memory of the kernels: WebAssembly reaches no other, machine code and plain code do. */
export const isInside = (view: Elements): boolean => !distances.has(view.buffer);
