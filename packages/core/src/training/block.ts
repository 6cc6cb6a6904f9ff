/** Parameters per block: 32 KiB per vector, so that the optimizer finds a block's gradient in cache. */
export const BLOCK = 4096;

export const blockCount = (P: number): number => Math.floor((P + BLOCK - 1) / BLOCK);
