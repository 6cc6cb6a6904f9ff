import type { ByteSource } from '../system/files/byte-source.ts';
import { checkPath } from '../system/files/check-path.ts';
import { type FileFault, faultAbout } from '../system/files/file-fault.ts';

/** Bytes read at a time. Small, since a parser may keep a hundred bytes for each byte until rows are consumed. */
const CHUNK_BYTES = 1 << 16;

interface TextReader {
  decode(bytes: Uint8Array, options: { readonly stream: boolean }): string;
}

/** How the bytes of a file are read as text. */
export interface TextEncodingChoice {
  /** A name of the [Encoding Standard](https://encoding.spec.whatwg.org/#names-and-labels). @default found */
  readonly encoding?: string | undefined;
  /** Called with the encoding if it is not UTF-8 but found from the bytes. */
  readonly onFound?: (name: string) => void;
}

/**
 * The text of a file in parts, none of them empty: UTF-8, or with `choice` UTF-16, found by its mark or its zero bytes,
 * and Windows-1252, if the first bytes beyond ASCII are no UTF-8 but are like those of a Western European language.
 * @throws Error of `fault` if it is not text.
 */
export async function* readText(
  source: ByteSource,
  fault: FileFault,
  choice?: TextEncodingChoice,
): AsyncGenerator<string> {
  const read = textReader(fault, choice);
  const chunk = new Uint8Array(CHUNK_BYTES);
  for (let isLast = false; !isLast; ) {
    const bytesRead = await source.read(chunk);
    isLast = bytesRead < chunk.length;
    const text = read(chunk.subarray(0, bytesRead), isLast);
    if (text !== '') yield text;
  }
}

/** Creates a reader of a stream, `name` in messages: bytes in parts of any length, in the encodings of tables. */
export function createTextReader(name: string): (bytes: Uint8Array, isLast: boolean) => string {
  checkPath('createTextReader', name, 'name');
  return textReader(faultAbout(name), {});
}

function textReader(fault: FileFault, choice?: TextEncodingChoice): (bytes: Uint8Array, isLast: boolean) => string {
  const { encoding, onFound } = choice ?? {};
  let currentEncoding = encoding ?? 'utf-8';
  let decoder = decoderOf(currentEncoding);
  let line = 1;
  let offset = 0; // of the next bytes in the file
  let lastBytes = new Uint8Array(0); // up to three bytes before the next ones: an incomplete character may be in them
  let characters = 0; // of all text so far
  return (bytes, isLast) => {
    if (offset === 0 && encoding === undefined) {
      const utf16 = utf16Of(bytes);
      if (utf16 !== undefined && choice === undefined) {
        throw fault('text in UTF-16', 'UTF-8 (save it as UTF-8, which editors and Excel offer)');
      }
      if (utf16 !== undefined) switchTo(utf16);
    }
    const text = decode(bytes, !isLast);
    if (text.includes('\0')) throw fault(`a zero byte at line ${lineOf(text, text.indexOf('\0'))}`, 'text in UTF-8');
    characters += text.length;
    line = lineOf(text, text.length);
    offset += bytes.length;
    lastBytes = bytes.length < 3 ? Buffer.concat([lastBytes, bytes]).subarray(-3).slice() : bytes.slice(-3);
    return text;
  };

  function switchTo(newEncoding: string): void {
    currentEncoding = newEncoding;
    decoder = decoderOf(newEncoding);
    onFound?.(newEncoding);
  }

  function lineOf(text: string, end: number): number {
    let count = line;
    for (let i = text.indexOf('\n'); i !== -1 && i < end; i = text.indexOf('\n', i + 1)) count++;
    return count;
  }

  function decode(bytes: Uint8Array, stream: boolean): string {
    try {
      return decoder.decode(bytes, { stream });
    } catch (error) {
      if (currentEncoding !== 'utf-8')
        throw fault(`bytes after line ${line} that are not text in ${currentEncoding}`, 'such text', error);
      // The index of the first bad byte in `bytes`; negative if it is among those before.
      const badIndex = validLength(Buffer.concat([lastBytes, bytes])) - lastBytes.length;
      const goodBytes = bytes.subarray(0, Math.max(0, badIndex));
      const undecodedBytes = lastBytes.filter((byte) => byte >= 0x80);
      // A character beyond ASCII has more bytes than UTF-16 units.
      const wasAscii = characters + undecodedBytes.length === offset;
      const isFirstBeyondAscii = wasAscii && goodBytes.every((byte) => byte < 0x80);
      if (choice !== undefined && encoding === undefined && isFirstBeyondAscii && isWestern(bytes)) {
        switchTo('windows-1252');
        return decoder.decode(Buffer.concat([undecodedBytes, bytes]), { stream });
      }
      const lines = goodBytes.filter((byte) => byte === LINE_END).length;
      const expected = choice === undefined ? 'UTF-8' : 'UTF-8 (--encoding names another, such as windows-1251)';
      throw fault(`bytes at line ${line + lines} that are not text (byte ${offset + badIndex})`, expected, error);
    }
  }
}

const LINE_END = 0x0a;

const isContinuation = (byte: number): boolean => (byte & 0xc0) === 0x80;

/** The first lead byte of characters of 1, 2, 3 and 4 bytes. */
const LEAD_BYTES = [0, 0xc2, 0xe0, 0xf0];

/**
 * Number of bytes up to the first character that is not UTF-8. The first bytes may be the rest of a character.
 * [Unicode 15, table 3-7](https://www.unicode.org/versions/Unicode15.0.0/ch03.pdf)
 */
function validLength(bytes: Uint8Array): number {
  let length = 0;
  while (length < 3 && isContinuation(bytes[length])) length++;
  for (;;) {
    const [first, second] = [bytes[length], bytes[length + 1]];
    if (first === undefined || (first >= 0x80 && first < 0xc2) || first >= 0xf5) return length;
    const characterBytes = LEAD_BYTES.findLastIndex((lead) => first >= lead) + 1;
    for (let k = 1; k < characterBytes; k++) if (!isContinuation(bytes[length + k])) return length;
    // Overlong forms, surrogates, and code points beyond U+10FFFF.
    if (first === 0xe0 && second < 0xa0) return length;
    if (first === 0xed && second > 0x9f) return length;
    if (first === 0xf0 && second < 0x90) return length;
    if (first === 0xf4 && second > 0x8f) return length;
    length += characterBytes;
  }
}

/** Bytes that Windows-1252 does not have. */
const UNUSED_BYTES = new Set([0x81, 0x8d, 0x8f, 0x90, 0x9d]);

/** Share of bytes beyond ASCII in runs of three letters: Western languages have hardly any, Cyrillic little else. */
const MAX_SHARE_IN_RUNS = 0.2;

/** Whether bytes beyond ASCII are like those of a Western European language in Windows-1252. */
function isWestern(bytes: Uint8Array): boolean {
  let beyondAscii = 0;
  let inRuns = 0;
  let run = 0;
  for (const byte of bytes) {
    if (UNUSED_BYTES.has(byte) || byte === 0) return false;
    if (byte >= 0x80) beyondAscii++;
    run = byte >= 0xc0 ? run + 1 : 0;
    if (run === 3) inRuns += 3;
    else if (run > 3) inRuns++;
  }
  return inRuns <= MAX_SHARE_IN_RUNS * beyondAscii;
}

/** The characters of the bytes 0x80 to 0x9f in Windows-1252. */
const WINDOWS_1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

/**
 * A decoder that drops a byte order mark. Node 20 decodes Windows-1252 under each of its names as Latin-1, which has
 * control characters in place of €, dashes and quotation marks: these are replaced.
 */
function decoderOf(name: string): TextReader {
  const decoder = new TextDecoder(name, { fatal: true });
  if (decoder.encoding !== 'windows-1252') return decoder;
  return {
    decode: (bytes, options) =>
      decoder.decode(bytes, options).replace(/[\x80-\x9f]/g, (control) => WINDOWS_1252[control.charCodeAt(0) - 0x80]),
  };
}

/** The UTF-16 of a byte order mark, or of zeros in every other of the first bytes, as in Latin text. */
function utf16Of(start: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  const [first, second] = start;
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  const pairs = Math.min(8, Math.floor(start.length / 2));
  const hasZero = (parity: number) =>
    Array.from({ length: pairs }, (_, pair) => start[2 * pair + parity]).every((byte) => byte === 0);
  if (pairs < 2 || hasZero(0) === hasZero(1)) return undefined;
  return hasZero(1) ? 'utf-16le' : 'utf-16be';
}

/** Whether text can be read in an encoding of this name. */
export function isEncoding(name: unknown): name is string {
  try {
    return typeof name === 'string' && new TextDecoder(name) !== undefined;
  } catch {
    return false;
  }
}
