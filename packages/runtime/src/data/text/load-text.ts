import { show } from '@gradloom/core/internal';
import { type ByteSource, MAX_TEXT_RATIO, openBytes } from '../../system/files/byte-source.ts';
import { checkPath } from '../../system/files/check-path.ts';
import { type FileFault, faultAbout, faultOf } from '../../system/files/file-fault.ts';
import type { DataSplits } from '../dataset.ts';
import { sharedArrays } from '../number-types.ts';
import { readText } from '../read-text.ts';
import { readTokens, type TokenReader } from './read-tokens.ts';
import { type TextOptions, textOptions } from './text-options.ts';
import { linesOf, type TokenStore, windowsOf } from './text-sets.ts';
import { createTokenizer } from './tokenizers.ts';
import { linesInFile, matrixInFile, tokensInFile } from './tokens-in-file.ts';
import { allocateTokens, linesInMemory, matrixOf, tokensInMemory } from './tokens-in-memory.ts';

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
  const fault = faultOf('loadText', path);
  const values = textOptions.read(options);
  const { tokenizer = 'characters', lines = false, stream = false, context } = values;
  const kind = typeof tokenizer === 'string' ? tokenizer : tokenizer.kind;
  const name = values.name ?? path;
  // Bytes are tokens as they are, whether they are text or not.
  if (kind === 'bytes' && !lines) {
    return windowsOf(stream ? await bytesInFile(path, fault) : await bytesOf(path, fault), values, name, fault);
  }
  const read = () => textOf(path, fault);
  const trainingShare = 1 - values.validation - values.test;
  if (!stream) return inMemory(await readTokens(read, tokenizer, lines, fault, trainingShare), values, name, fault);
  await (await open(path)).close(); // throws if there is no such file, before a cache is looked for
  const request = { path, tokenizer, trainingShare, context, read, fault };
  if (lines) return linesOf(await linesInFile(request), values, name);
  return windowsOf(await tokensInFile(request), values, name, fault);
}

/** Like `loadText`, for a text in memory. */
export async function textDataset(text: string, options: Omit<TextOptions, 'stream'> = {}): Promise<DataSplits> {
  const where = 'textDataset';
  if (typeof text !== 'string') throw new Error(`${where}: text has ${show(text)}, expected a string`);
  const { stream: _, ...values } = textOptions.read(options);
  const { tokenizer = 'characters', lines = false, name = 'text' } = values;
  const fault = faultAbout(`${where}: ${name}`);
  const trainingShare = 1 - values.validation - values.test;
  return inMemory(await readTokens(() => [text], tokenizer, lines, fault, trainingShare), values, name, fault);
}

const inMemory = async (reader: TokenReader, values: TextValues, name: string, fault: FileFault) =>
  values.lines === true
    ? linesOf(await linesInMemory(reader, values.context, fault), values, name)
    : windowsOf(await tokensInMemory(reader, fault), values, name, fault);

type TextValues = Omit<ReturnType<typeof textOptions.read>, 'stream'>;

async function* textOf(path: string, fault: FileFault): AsyncGenerator<string> {
  const source = await open(path);
  try {
    yield* readText(source, fault);
  } finally {
    await source.close();
  }
}

const open = (path: string): Promise<ByteSource> => openBytes('loadText', path, 'a text file', MAX_TEXT_RATIO);

async function bytesOf(path: string, fault: FileFault): Promise<TokenStore> {
  let source = await open(path);
  const tokenizer = createTokenizer({ kind: 'bytes' });
  let count = source.maxBytes;
  try {
    // A gzipped file is unpacked once to know its size.
    if (source.gzipped) {
      count = 0;
      const chunk = new Uint8Array(1 << 18);
      for (let bytesRead = chunk.length; bytesRead === chunk.length; count += bytesRead)
        bytesRead = await source.read(chunk);
      await source.close();
      source = await open(path);
    }
    const array = allocateTokens(tokenizer.size, count, fault);
    const bytesRead = await source.read(array as Uint8Array);
    if (bytesRead < count) throw fault(`${bytesRead} bytes`, `the ${count} that it had`);
    return { tokenizer, length: count, matrix: matrixOf(array) };
  } finally {
    await source.close();
  }
}

async function bytesInFile(path: string, fault: FileFault): Promise<TokenStore> {
  const source = await open(path);
  await source.close();
  if (source.gzipped) throw fault('gzipped contents', 'a plain file to stream (unpack it first)');
  return {
    tokenizer: createTokenizer({ kind: 'bytes' }),
    length: source.fileBytes,
    matrix: (start, _length, columns) => matrixInFile(path, 'u1', start, sharedArrays.uint8(0), columns),
  };
}
