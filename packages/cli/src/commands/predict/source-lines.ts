import type { Readable } from 'node:stream';

/** The text of a stream as it arrives. `decode` gets its bytes, and at the end none with `isLast`. */
export async function* textOf(
  stream: Readable,
  decode: (bytes: Uint8Array, isLast: boolean) => string,
): AsyncGenerator<string> {
  for await (const chunk of stream) yield typeof chunk === 'string' ? chunk : decode(chunk, false);
  const end = decode(new Uint8Array(0), true);
  if (end !== '') yield end;
}

/**
 * The lines of a text. All that have arrived come together: rows from a pipe are answered at once, and a file in large
 * parts.
 * @throws the error that `tooLong` makes for the number of a line, from 1, of more than `maxCharacters`.
 */
export async function* linesOf(
  texts: AsyncIterable<string>,
  maxCharacters: number,
  tooLong: (line: number) => Error,
): AsyncGenerator<readonly string[]> {
  let lineStart = ''; // of a line whose end has not arrived
  let count = 0;
  for await (const text of texts) {
    const lines = (lineStart + text).split('\n');
    lineStart = lines.pop() ?? '';
    count += lines.length;
    if (lines.length > 0) yield lines;
    if (lineStart.length > maxCharacters) throw tooLong(count + 1);
  }
  if (lineStart !== '') yield [lineStart];
}
