/** Hands out arrays of doubles. What they hold is not said. */
export type Allocate = (length: number) => Float64Array;

/** The I x O of a dense product: what its scratch depends on, whatever the number of rows. */
export type ProductShape = readonly [I: number, O: number];

/** Memory that the kernels of one thread need beside the arrays they are handed. */
export interface KernelScratch {
  readonly products: Float64Array; // packed factors and lists of terms of a product
  readonly machineCode: MachineCodeScratch | null; // null where none is run
}

export interface MachineCodeScratch {
  readonly panels: Float64Array; // constants and lists
  readonly meanUpdates: Float64Array; // hyperparameters of an update, lane by lane
  readonly gathering: Float64Array; // where the rows of a call begin
}

/** The scratch of the product that needs most: one after the other uses it. */
export const mostScratch = (products: readonly ProductShape[], scratchOf: (product: ProductShape) => number): number =>
  products.reduce((most, product) => Math.max(most, scratchOf(product)), 0);

/** Doubles of a cache line: each array begins on one. */
const LINE = 8;

const padded = (length: number): number => Math.floor((length + LINE - 1) / LINE) * LINE;

/** One for all: a hundred thousand layers ask for as many. */
const empty = new Float64Array(0);

/**
 * Doubles that `take` asks for. The same function then takes them from `createAllocator`, so what a memory holds is
 * stated once. Arrays that it is handed here are empty.
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
 * Hands out the doubles of `memory`, one array behind the other, each on a cache line where `memory` begins on one.
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
 * `length` numbers of `array` from number `from` on.
 * @throws Error where it has fewer: `subarray` would cut them off in silence.
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
