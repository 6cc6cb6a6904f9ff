import { bytesOfElements } from '../../math/element-type.ts';
import type { CallTape } from './call-tape.ts';
import type { CodeLayout } from './code.ts';
import { elementwise as table } from './formulas/index.ts';
import { elementwiseArguments } from './kernels/elementwise.ts';

const addArguments = elementwiseArguments(table.add);

/**
 * Additions in machine code, which reaches arrays in any memory. Arrays are byte offsets, steps are in bytes. Calls are
 * recorded on the tape, which the caller runs.
 */
export interface RowAdds {
  /** sum[i] += term[i] for n numbers. */
  add(sum: number, term: number, n: number): void;
  /**
   * Adds to each even one of `count` rows its right neighbour, if it has one. Half of the rows are left, at twice the
   * distance.
   */
  addNeighbours(first: number, row: number, count: number, n: number): void;
}

export function createRowAdds(
  { elementwise, type, width }: CodeLayout,
  tape: CallTape,
  maskOf: (lanes: number) => number,
): RowAdds {
  const bytes = bytesOfElements(type, 1);
  function add(sum: number, term: number, n: number): void {
    const rest = n % width;
    tape.write(addArguments, elementwise.add.place, sum, term, maskOf(rest), 1, (n - rest) / width, bytes * rest);
  }
  return {
    add,
    addNeighbours(first, row, count, n) {
      for (let k = 0; k + 1 < count; k += 2) add(first + row * k, first + row * (k + 1), n);
    },
  };
}

/** Rows left of `count` after neighbours have been added. */
export const halved = (count: number): number => (count + 1) >> 1;
