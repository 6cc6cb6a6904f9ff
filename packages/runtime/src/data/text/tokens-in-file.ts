import { endianness } from 'node:os';
import { join } from 'node:path';
import type { TokenizerName, TokenizerSpec } from '@gradloom/core';
import { bytePairsOf, showPath } from '@gradloom/core/internal';
import type { FileFault } from '../../system/files/file-fault.ts';
import { type CacheFile, readPart } from '../cache-file.ts';
import { openCache, sha256 } from '../cache-folder.ts';
import { type DataMatrix, valueMatrix } from '../dataset.ts';
import { fileRows } from '../file-rows.ts';
import { nativeType, sharedArrays } from '../number-types.ts';
import { readTokens, type TextSource, type TokenReader } from './read-tokens.ts';
import { type LineStore, putLine, type TokenStore, tokensOfRow } from './text-sets.ts';
import { createTokenizer } from './tokenizers.ts';
import { tokenArray } from './tokens-in-memory.ts';

/** A text whose tokens are written into a folder of `<path>.gradloom-cache`, once. */
interface TextRequest {
  readonly path: string;
  readonly tokenizer: TokenizerName | TokenizerSpec;
  /** Share of the text that byte pairs are learned from. */
  readonly trainingShare: number;
  readonly lines: boolean;
  /** T of lines; 0 for windows, which may have any. @default that of the longest line */
  readonly context: number | undefined;
  readonly read: TextSource;
  readonly fault: FileFault;
}

/** Header of the tokens of a text: of all, one after another, or of rows of T inputs, their targets and lengths. */
interface TokensHeader {
  readonly tokenizer: TokenizerSpec;
  readonly tokens: number;
  readonly rows: number;
  readonly context: number;
}

/** Number types of a file, as NumPy names them. */
const arrayTypes = { u1: Uint8Array, u2: Uint16Array, i1: Int8Array, i2: Int16Array, i4: Int32Array };
type TypeName = keyof typeof arrayTypes;

/** The narrowest types of tokens below `size`, and of targets, of which some are -1. */
const inputType = (size: number): TypeName => (size <= 1 << 8 ? 'u1' : size <= 1 << 16 ? 'u2' : 'i4');
const targetType = (size: number): TypeName => (size <= 1 << 7 ? 'i1' : size <= 1 << 15 ? 'i2' : 'i4');

/** The tokens of a text in a file. @throws Error of `fault`, also if the text changes while it is read. */
export async function tokensInFile(request: Omit<TextRequest, 'lines' | 'context'>): Promise<TokenStore> {
  const { path, header } = await openTokens({ ...request, lines: false, context: 0 });
  const tokenizer = createTokenizer(header.tokenizer);
  const type = inputType(tokenizer.size);
  return {
    tokenizer,
    length: header.tokens,
    matrix: (start, _length, columns) =>
      matrixInFile(path, type, start * arrayTypes[type].BYTES_PER_ELEMENT, tokenArray(tokenizer.size, 0), columns),
  };
}

/** The lines of a text as rows in a file. @throws Error of `fault`, also if the text changes while it is read. */
export async function linesInFile(request: Omit<TextRequest, 'lines'>): Promise<LineStore> {
  const { path, header } = await openTokens({ ...request, lines: true });
  const { rows, context: T } = header;
  const tokenizer = createTokenizer(header.tokenizer);
  const { size } = tokenizer;
  const offsets = offsetsOf(header, size);
  const lengths = sharedArrays.int32(rows);
  readPart(path, lengths, offsets.lengths);
  return {
    tokenizer,
    rows,
    inputs: matrixInFile(path, inputType(size), 0, tokenArray(size, 0), T),
    targets: matrixInFile(path, targetType(size), offsets.targets, sharedArrays.int32(0), T),
    lengths: valueMatrix(lengths, 1),
  };
}

/** Rows of numbers in a file, from byte `start` on; `emptyArray` tells their type in memory. */
export function matrixInFile(
  path: string,
  name: TypeName,
  start: number,
  emptyArray: DataMatrix['array'],
  columns: number,
): DataMatrix {
  return {
    ...valueMatrix(emptyArray, columns),
    file: fileRows(path, 'bytes', { type: nativeType(name), bytes: start }),
  };
}

/** Byte offsets of targets and lengths after the inputs. */
function offsetsOf({ rows, context }: Pick<TokensHeader, 'rows' | 'context'>, size: number) {
  const targets = rows * context * arrayTypes[inputType(size)].BYTES_PER_ELEMENT;
  return { targets, lengths: targets + rows * context * arrayTypes[targetType(size)].BYTES_PER_ELEMENT };
}

const TOKENS_FILE = 'tokens.bin';

/** Increased whenever older caches would be read incorrectly. */
const VERSION = 1;

async function openTokens({ path, tokenizer: requested, trainingShare, lines, context, read, fault }: TextRequest) {
  const keyOf = (...parts: unknown[]): string =>
    sha256(JSON.stringify([VERSION, endianness(), lines, ...parts])).slice(0, 16);
  const learnedFrom = bytePairsOf('loadText', 'tokenizer', requested) === undefined ? [] : [requested, trainingShare];
  const kind = typeof requested === 'string' ? requested : requested.kind;
  const { folder, header } = await openCache<TokensHeader>({
    path,
    fileName: TOKENS_FILE,
    // The tokenizer of a model may be the one that an earlier run has found in this text.
    keys: [keyOf(requested, context, ...learnedFrom), keyOf(kind, lines ? undefined : 0, ...learnedFrom)],
    fits: (header) =>
      (typeof requested === 'string' || JSON.stringify(header.tokenizer) === JSON.stringify(requested)) &&
      (context === undefined || header.context === context),
    async make(file) {
      const reader = await readTokens(read, requested, lines, fault, trainingShare);
      return lines ? writeLines(file, reader, context, fault) : writeTokens(file, reader);
    },
    fault: (problem, cause) => new Error(`loadText: ${showPath(path)}${problem}`, { cause }),
  });
  return { path: join(folder, TOKENS_FILE), header };
}

async function writeTokens(file: CacheFile, { tokenizer, encodedParts }: TokenReader): Promise<TokensHeader> {
  const numbers = createWriter(file, inputType(tokenizer.size), 0);
  let count = 0;
  for await (const tokens of encodedParts()) {
    numbers.reserve(tokens.length).set(tokens);
    count += tokens.length;
  }
  numbers.flush();
  return { tokenizer: tokenizer.spec, tokens: count, rows: 0, context: 0 };
}

async function writeLines(
  file: CacheFile,
  reader: TokenReader,
  context: number | undefined,
  fault: FileFault,
): Promise<TokensHeader> {
  const { tokenizer, lineEnd, encodedParts } = reader;
  const sizes = await reader.sizes();
  const T = tokensOfRow(sizes, context, fault);
  const header = { tokenizer: tokenizer.spec, tokens: sizes.tokens, rows: sizes.parts, context: T };
  const offsets = offsetsOf(header, tokenizer.size);
  const x = createWriter(file, inputType(tokenizer.size), 0);
  const t = createWriter(file, targetType(tokenizer.size), offsets.targets);
  const lengths = createWriter(file, 'i4', offsets.lengths);
  for await (const tokens of encodedParts())
    lengths.reserve(1)[0] = putLine(x.reserve(T), t.reserve(T), tokens, lineEnd);
  for (const writer of [x, t, lengths]) writer.flush();
  return header;
}

/** Numbers written at a time: a call of the system for each line would take longer than the line. */
const BUFFER_NUMBERS = 1 << 16;

/** Writes numbers one after another, from byte `start` of a file on. */
function createWriter(file: CacheFile, name: TypeName, start: number) {
  let buffer = new arrayTypes[name](BUFFER_NUMBERS);
  let bufferedNumbers = 0;
  let offset = start;
  const flush = (): void => {
    const numbers = buffer.subarray(0, bufferedNumbers);
    file.write(numbers, offset);
    offset += numbers.byteLength;
    bufferedNumbers = 0;
  };
  return {
    flush,
    /** Room for the next `count` numbers, to be filled before the next call. */
    reserve(count: number) {
      if (bufferedNumbers + count > buffer.length) flush();
      if (count > buffer.length) buffer = new arrayTypes[name](count);
      bufferedNumbers += count;
      return buffer.subarray(bufferedNumbers - count, bufferedNumbers);
    },
  };
}
