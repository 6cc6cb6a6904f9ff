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
  for (let isLast = false; !isLast; ) {
    const got = await source.read(chunk);
    isLast = got < chunk.length;
    if (line === 1 && isUtf16(chunk.subarray(0, got))) {
      throw fault('text in UTF-16', 'UTF-8 (save it as UTF-8, which editors and Excel offer)');
    }
    const text = decode(chunk.subarray(0, got), !isLast);
    if (text.includes('\0')) throw fault(`a zero byte at line ${lineOf(text, text.indexOf('\0'))}`, 'text in UTF-8');
    if (text !== '') yield text;
    line = lineOf(text, text.length);
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
      throw fault(`bytes at line ${line + linesOfText(bytes)} that are not text`, 'UTF-8', error);
    }
  }
}

const CONTINUATION = 0x80; // Top bits 10 mark bytes within a character, not its first.

/** Number of line ends before the first line that is not text. The first bytes may be the rest of a character. */
function linesOfText(bytes: Uint8Array): number {
  let start = 0;
  while (start < 3 && (bytes[start] & 0xc0) === CONTINUATION) start++;
  for (let lines = 0; ; lines++) {
    const end = bytes.indexOf(0x0a, start);
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(start, end === -1 ? undefined : end));
    } catch {
      return lines;
    }
    if (end === -1) return 0; // An incomplete character at the start.
    start = end + 1;
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
