import type { ByteSource } from '../system/files/byte-source.ts';

/** Bytes read at a time. Small, since a parser may keep a hundred bytes for each byte until rows are consumed. */
const CHUNK = 1 << 16;

/** The text of a file in parts, none of them empty. @throws Error of `fault` if it is not text. */
export async function* readText(
  source: ByteSource,
  fault: (has: string, expected: string, cause?: unknown) => Error,
): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true }); // drops a byte order mark
  const chunk = new Uint8Array(CHUNK);
  let line = 1;
  let offset = 0; // of the chunk
  let before = new Uint8Array(0); // the last bytes before the chunk, of which a character may be incomplete
  for (let isLast = false; !isLast; ) {
    const got = await source.read(chunk);
    const bytes = chunk.subarray(0, got);
    isLast = got < chunk.length;
    if (offset === 0 && isUtf16(bytes)) {
      throw fault('text in UTF-16', 'UTF-8 (save it as UTF-8, which editors and Excel offer)');
    }
    const text = decode(bytes, !isLast);
    if (text.includes('\0')) throw fault(`a zero byte at line ${lineOf(text, text.indexOf('\0'))}`, 'text in UTF-8');
    if (text !== '') yield text;
    line = lineOf(text, text.length);
    offset += got;
    before = bytes.slice(-3);
  }

  function lineOf(text: string, end: number): number {
    let count = line;
    for (let at = text.indexOf('\n'); at !== -1 && at < end; at = text.indexOf('\n', at + 1)) count++;
    return count;
  }

  function decode(bytes: Uint8Array, stream: boolean): string {
    try {
      return decoder.decode(bytes, { stream });
    } catch (error) {
      const bad = textLength(Buffer.concat([before, bytes])) - before.length;
      const lines = bytes.subarray(0, Math.max(0, bad)).filter((byte) => byte === LINE_END).length;
      throw fault(`bytes at line ${line + lines} that are not text (byte ${offset + bad})`, 'UTF-8', error);
    }
  }
}

const LINE_END = 0x0a;

const isContinuation = (byte: number): boolean => (byte & 0xc0) === 0x80;

/**
 * Number of bytes up to the first character that is not UTF-8. The first bytes may be the rest of a character.
 * [Unicode 15, table 3-7](https://www.unicode.org/versions/Unicode15.0.0/ch03.pdf)
 */
function textLength(bytes: Uint8Array): number {
  let at = 0;
  while (at < 3 && isContinuation(bytes[at])) at++;
  for (;;) {
    const [first, second] = [bytes[at], bytes[at + 1]];
    const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    if (length === 0 || first === undefined) return at;
    for (let k = 1; k < length; k++) if (!isContinuation(bytes[at + k])) return at;
    // Longer forms than needed, halves of pairs, and code points beyond the last.
    if (first === 0xe0 && second < 0xa0) return at;
    if (first === 0xed && second > 0x9f) return at;
    if (first === 0xf0 && second < 0x90) return at;
    if (first === 0xf4 && second > 0x8f) return at;
    at += length;
  }
}

/**
 * Whether the text starts with a UTF-16 byte order mark, or every other of its first bytes is zero, as in Latin text.
 */
function isUtf16(start: Uint8Array): boolean {
  const [first, second] = start;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true;
  const pairs = Math.min(8, Math.floor(start.length / 2));
  const hasZero = (parity: number) =>
    Array.from({ length: pairs }, (_, pair) => start[2 * pair + parity]).every((byte) => byte === 0);
  return pairs >= 2 && hasZero(0) !== hasZero(1);
}
