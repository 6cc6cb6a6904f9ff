import type { FixedCall } from '../../program/kernels.ts';
import type { CodeLayout } from '../code.ts';
import { elementwise as table } from '../formulas/index.ts';
import { elementwiseArguments } from '../kernels/elementwise.ts';
import type { CallTape } from './call-tape.ts';
import type { PanelMemory } from './panels/panel-memory.ts';

const addArguments = elementwiseArguments(table.add);

/** Additions in machine code, which reaches arrays in any memory. Arrays are byte offsets, steps are in bytes. */
export interface RowAdds {
  /** sum[i] += term[i] for n numbers. Writes the call to the tape, which the caller runs. */
  add(sum: number, term: number, n: number): void;
  /**
   * Calls that add to each even one of `count` rows its right neighbour, if it has one. Half of the rows are left, at
   * twice the distance.
   */
  neighbourCalls(first: number, row: number, count: number, n: number): FixedCall[];
}

export function createRowAdds(
  { elementwise, width }: CodeLayout,
  tape: CallTape,
  { bytes, maskOf, sizesOf }: Pick<PanelMemory, 'bytes' | 'maskOf' | 'sizesOf'>,
): RowAdds {
  return {
    add(sum, term, n) {
      const rest = n % width;
      tape.write(addArguments, elementwise.add, sum, term, maskOf(rest), 1, (n - rest) / width, bytes * rest);
    },
    neighbourCalls(first, row, count, n) {
      return Array.from({ length: count >> 1 }, (_, k) => {
        const sum = first + row * 2 * k;
        return [elementwise.add, sum, sum + row, ...sizesOf(n)];
      });
    },
  };
}

/** Rows left of `count` after neighbours have been added. */
export const halved = (count: number): number => (count + 1) >> 1;
