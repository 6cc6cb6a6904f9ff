/**
 * Parameters per block: 32 KiB per vector, so that the gradient of a block is still in cache when the optimizer reads
 * it.
 */
export const BLOCK = 4096;

export const blockCount = (P: number): number => Math.floor((P + BLOCK - 1) / BLOCK);
