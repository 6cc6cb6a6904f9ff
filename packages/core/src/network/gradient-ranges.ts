/** Parameters per block: 32 KiB per vector, so that the optimizer finds a block's gradient in cache. */
export const BLOCK = 4096;

export const blockCount = (P: number): number => Math.floor((P + BLOCK - 1) / BLOCK);

/** Consecutive parameters that have gradients and optimizer state. */
export interface GradientRange {
  /** Index of the first parameter. */
  readonly offset: number;
  /** Number of parameters. */
  readonly length: number;
  /** Added to the index of a parameter for its index in a row of gradients, and in state. */
  readonly shift: number;
}

/**
 * The parameters that have gradients and optimizer state: those of all blocks that are not frozen as a whole. Blocks
 * stay whole, so the norm of a gradient is summed in one order, whatever is frozen.
 */
export function gradientRangesOf(
  tensors: readonly { readonly offset: number; readonly length: number; readonly isFrozen?: boolean }[],
  P: number,
): readonly GradientRange[] {
  const ranges: GradientRange[] = [];
  let size = 0; // of a row of gradients so far
  for (const { offset, length, isFrozen } of tensors) {
    if (isFrozen === true || length === 0) continue;
    const last = ranges.at(-1);
    const coveredLength = last === undefined ? 0 : last.offset + last.length;
    const first = Math.max(coveredLength, Math.floor(offset / BLOCK) * BLOCK);
    const end = Math.min(P, blockCount(offset + length) * BLOCK);
    if (end <= first) continue;
    if (last !== undefined && first === coveredLength)
      ranges[ranges.length - 1] = { ...last, length: end - last.offset };
    else ranges.push({ offset: first, length: end - first, shift: size - first });
    size += end - first;
  }
  return ranges;
}

/** Number of parameters that have gradients and optimizer state. */
export const stateLength = (ranges: readonly GradientRange[]): number =>
  ranges.reduce((sum, { length }) => sum + length, 0);
