/** Returns arrays of doubles with unspecified contents. */
export type Allocate = (length: number) => Float64Array;

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

const padded = (length: number): number => Math.floor((length + LINE - 1) / LINE) * LINE;

/** A single empty array, since a hundred thousand layers ask for one. */
const empty = new Float64Array(0);

/**
 * Number of doubles that `take` asks for. The same function then takes them from `createAllocator`, so the layout of a
 * memory is stated once. While counting it gets empty arrays.
 */
export function countDoubles(take: (allocate: Allocate) => void): number {
  let total = 0;
  take((length) => {
    total += padded(length);
    return empty;
  });
  return total;
}

/**
 * Returns parts of `memory` in sequence, each on a cache line if `memory` starts on one.
 * @throws Error for the first double too many: kernels write to addresses, and nothing else would notice.
 */
export function createAllocator(where: string, memory: Float64Array): Allocate {
  let used = 0;
  return (length) => {
    const array = viewOf(memory, used, length, where);
    used += padded(length);
    return array;
  };
}

/**
 * A view of `length` numbers of `array` from index `from`.
 * @throws Error if it has fewer, which `subarray` would silently cut off.
 */
export function viewOf<Numbers extends Float64Array | Uint32Array>(
  array: Numbers,
  from: number,
  length: number,
  where = 'viewOf',
): Numbers {
  if (from >= 0 && length >= 0 && from + length <= array.length) return array.subarray(from, from + length) as Numbers;
  throw new Error(`${where}: memory has ${array.length} numbers, expected ${from + length}`);
}
