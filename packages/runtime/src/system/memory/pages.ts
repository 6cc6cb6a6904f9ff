/** Size of a WebAssembly page. */
export const PAGE = 65_536;

/** Most bytes that the kernels can address with 32 bits. */
export const MOST_BYTES = 4 * 1024 ** 3;
