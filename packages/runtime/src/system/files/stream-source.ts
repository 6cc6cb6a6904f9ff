import type { Readable } from 'node:stream';
import type { ByteSource } from './byte-source.ts';

/** The bytes of a stream in order, such as those of standard input. Their number is not known before its end. */
export function streamSource(stream: Readable): ByteSource {
  const chunks: AsyncIterator<Uint8Array | string> = stream[Symbol.asyncIterator]();
  let chunk: Uint8Array = new Uint8Array(0);
  return {
    gzipped: false,
    fileBytes: Number.POSITIVE_INFINITY,
    mostBytes: Number.POSITIVE_INFINITY,
    async read(into) {
      let filled = 0;
      while (filled < into.length) {
        if (chunk.length === 0) {
          const next = await chunks.next();
          if (next.done) break;
          chunk = typeof next.value === 'string' ? Buffer.from(next.value) : next.value;
        }
        const n = Math.min(chunk.length, into.length - filled);
        into.set(chunk.subarray(0, n), filled);
        chunk = chunk.subarray(n);
        filled += n;
      }
      return filled;
    },
    async close() {
      await chunks.return?.();
    },
  };
}
