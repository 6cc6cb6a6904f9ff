import {
  bytesOfElements,
  createElements,
  type Elements,
  type ElementType,
  elementView,
  type FLOAT64,
} from './element-type.ts';

/** Returns arrays with unspecified contents. */
export interface Allocate {
  /** Of the run's type. */
  (length: number): Elements;
  /** Of what stays double in every run. */
  (length: number, type: typeof FLOAT64): Float64Array;
}

/** Shape I x O of a dense product, which its scratch depends on, whatever the number of rows. */
export type ProductShape = readonly [I: number, O: number];

/** Memory for the kernels of one thread, besides their arguments. */
export interface KernelScratch {
  readonly products: Float64Array; // packed factors and lists of terms of a product
  readonly machineCode: MachineCodeScratch | null; // null where none is run
}

export interface MachineCodeScratch {
  readonly panels: Float64Array; // constants and lists
  readonly meanUpdates: Float64Array; // hyperparameters of an update, lane by lane
  readonly gathering: Float64Array; // where the rows of a call begin
}

/** The scratch of the product that needs most; all of them use it in turn. */
export const mostScratch = (products: readonly ProductShape[], scratchOf: (product: ProductShape) => number): number =>
  products.reduce((most, product) => Math.max(most, scratchOf(product)), 0);

/** Doubles of a cache line: each array begins on one. */
const LINE = 8;

/** Doubles of memory that an array takes. */
const room = (type: ElementType, length: number): number =>
  Math.floor((bytesOfElements(type, length) + 8 * LINE - 1) / (8 * LINE)) * LINE;

/** A single empty array of each type, since a hundred thousand layers ask for one. */
const empty = { float64: createElements('float64', 0), float32: createElements('float32', 0) };

/**
 * Number of doubles that `take` asks for in a run of a type. The same function then takes them from `createAllocator`,
 * so the layout of a memory is stated once. While counting it gets empty arrays.
 */
export function countDoubles(take: (allocate: Allocate) => void, elementType: ElementType = 'float64'): number {
  let total = 0;
  take(
    allocateBy(elementType, (type, length) => {
      total += room(type, length);
      return empty[type];
    }),
  );
  return total;
}

/**
 * Returns parts of `memory` in sequence, each on a cache line if `memory` starts on one.
 * @throws Error for the first double too many: kernels write to addresses, and nothing else would notice.
 */
export function createAllocator(where: string, memory: Float64Array, elementType: ElementType = 'float64'): Allocate {
  let used = 0;
  return allocateBy(elementType, (type, length) => {
    const { buffer, byteOffset } = viewOf(memory, used, room(type, length), where);
    used += room(type, length);
    return elementView(type, buffer, byteOffset, length);
  });
}

/** Returns arrays of their own. */
export const allocateOwn = (elementType: ElementType): Allocate => allocateBy(elementType, createElements);

/** What `make` returns for the type that is asked for is of that type, which a type cannot say. */
const allocateBy = (elementType: ElementType, make: (type: ElementType, length: number) => Elements): Allocate =>
  ((length: number, type: ElementType = elementType) => make(type, length)) as Allocate;

/**
 * A view of `length` numbers of `array` from index `from`.
 * @throws Error if it has fewer, which `subarray` would silently cut off.
 */
export function viewOf<Numbers extends Float64Array | Float32Array | Uint32Array | Uint8Array>(
  array: Numbers,
  from: number,
  length: number,
  where = 'viewOf',
): Numbers {
  if (from >= 0 && length >= 0 && from + length <= array.length) return array.subarray(from, from + length) as Numbers;
  throw new Error(`${where}: memory has ${array.length} numbers, expected ${from + length}`);
}
