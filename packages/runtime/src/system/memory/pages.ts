/** Size of a WebAssembly page. */
export const PAGE = 65_536;

/** Bytes of memory behind the last array: kernels may read a vector that goes on beyond it. */
export const BEYOND = 64;

/** Most bytes that the kernels can address with 32 bits. */
export const MOST_BYTES = 4 * 1024 ** 3;
