/** Parameters of a block: 32 KiB a vector, so that a block's gradient is still in cache when the optimizer reads it. */
export const BLOCK = 4096;

export const blockCount = (P: number): number => Math.floor((P + BLOCK - 1) / BLOCK);
