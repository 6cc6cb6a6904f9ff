/**
 * Calls a function of zlib, which may return up to `limit` bytes. `content` says in errors what they are.
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
