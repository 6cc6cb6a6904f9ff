import { OptionError } from '@gradloom/core';
import { show, showPath } from '@gradloom/core/internal';
import { type ByteSource, openBytes } from '../../system/files/byte-source.ts';
import { checkPath } from '../../system/files/check-path.ts';
import type { DataSplits } from '../dataset.ts';
import { fileRows } from '../file-rows.ts';
import { npyType, sharedArrays } from '../number-types.ts';
import { readText } from '../read-text.ts';
import { createTokenizer } from './gpt2.ts';
import { readTokens } from './read-tokens.ts';
import { type TextOptions, textOptions } from './text-options.ts';
import { allocateTokens, linesOf, type TextFault, type TokenStore, tokensInMemory, windowsOf } from './text-sets.ts';

/**
 * Loads a text file in UTF-8, plain or gzipped, as training and validation sets for a network that predicts the next
 * token: windows of `context` tokens, whose targets are the tokens one place further. The first part of the text is for
 * training, where windows start at random places; the last tenth is for validation, in windows without overlap. With
 * `lines` each line is a row of its own. Sets carry the vocabulary, and so does a model that is trained on them.
 *
 * ```ts
 * const { train: rows, validation } = await loadText('input.txt', { context: 64 });
 * ```
 *
 * @throws Error naming the file, what it has and what it should have.
 */
export async function loadText(path: string, options: TextOptions = {}): Promise<DataSplits> {
  checkPath('loadText', path);
  const fault = faultOf('loadText', showPath(path));
  const values = textOptions.read(options);
  const { tokenizer = 'characters', lines = false, stream = false } = values;
  const kind = typeof tokenizer === 'string' ? tokenizer : tokenizer.kind;
  const name = values.name ?? path;
  if (stream && (kind !== 'bytes' || lines)) {
    const wanted = 'the tokenizer bytes, without lines: other tokens are held in memory, of one or two bytes each';
    throw new OptionError('loadText', ['stream', 'tokenizer'], `needs ${wanted}`, { about: 'stream' });
  }
  // Bytes are tokens as they are, whether they are text or not.
  if (kind === 'bytes' && !lines) {
    return windowsOf(stream ? await bytesInFile(path, fault) : await bytesOf(path, fault), values, name, fault);
  }
  const source = () => textOf(path, fault);
  const tokens = await readTokens(source, tokenizer, lines, fault);
  return (lines ? linesOf : windowsOf)(tokens, values, name, fault);
}

/** Like `loadText`, for a text in memory. */
export async function textDataset(text: string, options: Omit<TextOptions, 'stream'> = {}): Promise<DataSplits> {
  const where = 'textDataset';
  if (typeof text !== 'string') throw new Error(`${where}: text has ${show(text)}, expected a string`);
  const { stream: _, ...values } = textOptions.read(options);
  const { tokenizer = 'characters', lines = false, name = 'text' } = values;
  const fault = faultOf(where, name);
  const tokens = await readTokens(() => [text], tokenizer, lines, fault);
  return (lines ? linesOf : windowsOf)(tokens, values, name, fault);
}

const faultOf =
  (where: string, subject: string): TextFault =>
  (has, expected, cause) =>
    new Error(`${where}: ${subject} has ${has}, expected ${expected}`, { cause });

async function* textOf(path: string, fault: TextFault): AsyncGenerator<string> {
  const source = await open(path);
  try {
    yield* readText(source, fault);
  } finally {
    await source.close();
  }
}

const open = (path: string): Promise<ByteSource> => openBytes('loadText', path, 'a text file');

async function bytesOf(path: string, fault: TextFault): Promise<TokenStore> {
  let source = await open(path);
  let count = source.mostBytes;
  try {
    // A gzipped file is unpacked once to know its size.
    if (source.gzipped) {
      count = 0;
      const chunk = new Uint8Array(1 << 18);
      for (let got = chunk.length; got === chunk.length; count += got) got = await source.read(chunk);
      await source.close();
      source = await open(path);
    }
    const array = allocateTokens(256, count, fault);
    const got = await source.read(array as Uint8Array);
    if (got < count) throw fault(`${got} bytes`, `the ${count} that it had`);
    return tokensInMemory(createTokenizer({ kind: 'bytes' }), array);
  } finally {
    await source.close();
  }
}

async function bytesInFile(path: string, fault: TextFault): Promise<TokenStore> {
  const source = await open(path);
  await source.close();
  if (source.gzipped) throw fault('gzipped contents', 'a plain file to stream (unpack it first)');
  const type = npyType('|u1');
  if (type === undefined) throw new Error('loadText: bytes have no reader, expected one');
  const file = fileRows(path, 'bytes', { type, bytes: 0 });
  return {
    tokenizer: createTokenizer({ kind: 'bytes' }),
    length: source.fileBytes,
    matrix: (start, _length, columns) => ({
      array: sharedArrays.uint8(0),
      columns,
      divisor: 1,
      file: { ...file, start },
    }),
  };
}
