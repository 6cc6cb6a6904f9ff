/**
 * Unpacks by a function of zlib, up to `most` bytes of `content`.
 * @throws Error for more: zlib's own message speaks of a Buffer that it cannot create.
 */
export function unpackAtMost(
  limit: number,
  content: string,
  unpack: (options: { maxOutputLength: number }) => Uint8Array,
): Uint8Array {
  try {
    return unpack({ maxOutputLength: Math.max(1, limit) });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE')) throw error;
    throw new Error(`more bytes of ${content} than the ${limit} that are due`, { cause: error });
  }
}
