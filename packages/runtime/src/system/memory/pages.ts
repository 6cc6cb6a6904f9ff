/** Bytes that WebAssembly gives memory by. */
export const PAGE = 65_536;

/** Most bytes that the kernels can address: their addresses have 32 bits. */
export const MOST_BYTES = 4 * 1024 ** 3;
