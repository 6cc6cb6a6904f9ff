import type { ByteSource } from '../files/byte-source.ts';

/** Bytes that are read at a time: a parser may keep a hundred bytes for each until they are taken. */
const CHUNK = 1 << 16;

/** The text of a file, part by part, none of them empty. @throws Error of `fault`, where it is no text. */
export async function* readText(
  source: ByteSource,
  fault: (has: string, expected: string, cause?: unknown) => Error,
): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true }); // drops a mark of the byte order
  const chunk = new Uint8Array(CHUNK);
  let line = 1;
  for (let isLast = false; !isLast; ) {
    const got = await source.read(chunk);
    isLast = got < chunk.length;
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
      throw fault(`bytes after line ${line} that are not text`, 'UTF-8', error);
    }
  }
}
