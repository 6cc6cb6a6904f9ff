import { addressOf } from '../../program/address.ts';
import type { embeddingForward } from '../../program/reference/embedding.ts';
import type { lastPositionBackward, lastPositionForward } from '../../program/reference/last-position.ts';
import type { CodeLayout } from '../code.ts';
import { type BindCall, bindByName } from './call-tape.ts';
import type { PanelMemory } from './panels/panel-memory.ts';

/** Makes calls of operations that only move numbers; null for others, and for empty ones. */
export function createMoves(
  { moveKernels: kernels, elementwise }: CodeLayout,
  { sizesOf, bytes }: PanelMemory,
): BindCall {
  /** The last arguments of kernels that move `size` numbers: mask, whole vectors, and bytes of the numbers after. */
  const ends = (size: number): readonly number[] => {
    const [mask, , vectors, rest] = sizesOf(size);
    return [mask, vectors, rest];
  };

  return bindByName({
    embeddingForward(...[y, x, E, n, size]: Parameters<typeof embeddingForward>) {
      if (n * size === 0) return null;
      const arrays = [y, E, x].map(addressOf);
      const positions = 0;
      const matrixStep = 0; // all rows are read from one matrix, E
      return [[kernels.readByIndex, ...arrays, positions, matrixStep, bytes * size, n, ...ends(size)]];
    },

    lastPositionForward(...[y, x, lengths, B, T, C]: Parameters<typeof lastPositionForward>) {
      if (B * C === 0) return null;
      const arrays = [y, x, lengths].map(addressOf);
      return [[kernels.readByLength, ...arrays, T, bytes * T * C, bytes * C, B, ...ends(C)]];
    },

    lastPositionBackward(...[dx, dy, lengths, B, T, C]: Parameters<typeof lastPositionBackward>) {
      if (B * C === 0) return null;
      const arrays = [dy, dx, lengths].map(addressOf);
      return [
        [elementwise.fill, addressOf(dx), 0, ...sizesOf(B * T * C)],
        [kernels.writeByLength, ...arrays, T, bytes * T * C, bytes * C, B, ...ends(C)],
      ];
    },
  });
}
