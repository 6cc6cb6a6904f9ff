import {
  bytesOfElements,
  createElements,
  type Elements,
  type ElementType,
  elementView,
  type FLOAT64,
  type TypedNumbers,
} from './element-type.ts';
import type { ConvolutionGeometry } from './windows.ts';

/** Returns arrays with unspecified contents. */
export interface Allocate {
  /** An array of the run's type. */
  (length: number): Elements;
  /** An array that is float64 in every run. */
  (length: number, type: typeof FLOAT64): Float64Array;
}

/**
 * Shape I x O of the second factor of a product. Of a dense layer: inputs by outputs. Of a convolution: weights of a
 * window by output channels. Of attention: numbers of a head by queries or keys, whichever are more. The scratch memory
 * of a product depends on this shape, not on the number of rows.
 */
export type ProductShape = readonly [I: number, O: number, kind?: ConvolutionGeometry | 'attention'];

/** Memory for the kernels of one thread, besides their arguments. */
export interface KernelScratch {
  readonly tape: Float64Array; // calls of kernels, until they are run in one go
  readonly machine: Float64Array; // copies of arguments from outside of the memory of WebAssembly
  readonly panels: Float64Array; // constants of kernels, and lists of the terms of sums
  readonly tables: Float64Array; // tables for calls that stay the same
  readonly pieces: Float64Array; // tables of sums that did not fit into `tables`
  readonly updates: Float64Array; // sums of squares of gradients
  readonly gathering: Float64Array; // addresses of the rows of a call
  readonly rowNorms: Float64Array; // sums over the rows of a norm
  readonly losses: Float64Array; // terms of losses, and row numbers
  readonly dropout: Float64Array; // keys and factors of masks
  readonly products: Float64Array; // packed factors, of the largest product
}

/** Scratch size for a set of products that use it one after the other: the largest one. */
export const maxScratch = (products: readonly ProductShape[], scratchOf: (product: ProductShape) => number): number =>
  products.reduce((max, product) => Math.max(max, scratchOf(product)), 0);

/** A cache line. Each array begins on a new line. */
export const LINE_BYTES = 64;
const LINE_DOUBLES = 8;

/** Doubles of memory that an array takes: whole cache lines. */
export const paddedDoubles = (type: ElementType, length: number): number =>
  Math.floor((bytesOfElements(type, length) + LINE_BYTES - 1) / LINE_BYTES) * LINE_DOUBLES;

/** Shared, since a hundred thousand layers ask for one. */
const empty = { float64: createElements('float64', 0), float32: createElements('float32', 0) };

/** A shared empty array. */
export const emptyArray = (type: ElementType): Elements => empty[type];

/**
 * Counts the doubles that `allocateAll` allocates in a run of a type. The same function then takes them from
 * `createAllocator`, so a memory's layout is stated once. While counting, it gets empty arrays.
 */
export function countDoubles(allocateAll: (allocate: Allocate) => void, elementType: ElementType = 'float64'): number {
  let total = 0;
  allocateAll(
    allocateBy(elementType, (type, length) => {
      total += paddedDoubles(type, length);
      return empty[type];
    }),
  );
  return total;
}

/**
 * Hands out parts of `memory` in sequence, each on a cache line if `memory` starts on one.
 * @throws Error if the memory is used up. Kernels write to addresses, so nothing else would notice.
 */
export function createAllocator(where: string, memory: Float64Array, elementType: ElementType = 'float64'): Allocate {
  let usedBytes = 0;
  return allocateBy(elementType, (type, length) => {
    const { buffer, byteOffset } = viewOf(memory, usedBytes, paddedDoubles(type, length), where);
    usedBytes += paddedDoubles(type, length);
    return elementView(type, buffer, byteOffset, length);
  });
}

/** Gives the same memory to users that never need it at the same time. Returns the result of each. */
export function overlay<T>(
  users: readonly ((allocate: Allocate) => T)[],
  allocate: Allocate,
  elementType: ElementType,
): T[] {
  const length = users.reduce((max, user) => Math.max(max, countDoubles(user, elementType)), 0);
  const memory = allocate(length, 'float64');
  // While doubles are only counted, `allocate` returns empty arrays.
  if (memory.length < length) return users.map((user) => user(allocateBy(elementType, (type) => empty[type])));
  return users.map((user) => user(createAllocator('overlay', memory, elementType)));
}

/** Allocates each array by itself. */
export const allocateEach = (elementType: ElementType): Allocate => allocateBy(elementType, createElements);

/** Allocates by `make`. The cast is safe: `make` returns an array of the type that it is given. */
const allocateBy = (elementType: ElementType, make: (type: ElementType, length: number) => Elements): Allocate =>
  ((length: number, type: ElementType = elementType) => make(type, length)) as Allocate;

/**
 * A view of `length` numbers of `array` from index `from`.
 * @throws Error if the array ends before; `subarray` would silently return a shorter view.
 */
export function viewOf<Numbers extends TypedNumbers>(
  array: Numbers,
  from: number,
  length: number,
  where = 'viewOf',
): Numbers {
  if (from >= 0 && length >= 0 && from + length <= array.length) return array.subarray(from, from + length) as Numbers;
  throw new Error(`${where}: memory has ${array.length} numbers, expected ${from + length}`);
}
