import type { FileFault } from '../../system/files/file-fault.ts';
import { RoomError } from '../../system/memory/memory-room.ts';
import { valueMatrix } from '../dataset.ts';
import { type DataArray, sharedArrays } from '../number-types.ts';
import type { TokenReader } from './read-tokens.ts';
import { type LineStore, MAX_TOKENS, putLine, type TokenStore, tokensOfRow } from './text-sets.ts';

/** The tokens of a text in one array; all rows are views of it. @throws Error of `fault` if memory is short. */
export async function tokensInMemory(reader: TokenReader, fault: FileFault): Promise<TokenStore> {
  const { tokenizer } = reader;
  const array = allocateTokens(tokenizer.size, (await reader.sizes()).tokens, fault);
  let offset = 0;
  for await (const tokens of reader.encodedParts()) {
    array.set(tokens, offset);
    offset += tokens.length;
  }
  return { tokenizer, length: array.length, matrix: matrixOf(array) };
}

/** Rows of an array of tokens. */
export const matrixOf =
  (array: DataArray): TokenStore['matrix'] =>
  (start, length, columns) =>
    valueMatrix(array.subarray(start, start + length) as DataArray, columns);

/** The lines of a text in arrays of their own. @throws Error of `fault` if there are none, or no memory for them. */
export async function linesInMemory(
  reader: TokenReader,
  context: number | undefined,
  fault: FileFault,
): Promise<LineStore> {
  const { tokenizer, lineEnd } = reader;
  const sizes = await reader.sizes();
  const T = tokensOfRow(sizes, context, fault);
  const rows = sizes.parts;
  const x = allocateTokens(tokenizer.size, rows * T, fault);
  const t = sharedArrays.int32(rows * T);
  const lengths = sharedArrays.int32(rows);
  let row = 0;
  for await (const tokens of reader.encodedParts()) {
    const [from, to] = [row * T, (row + 1) * T];
    lengths[row++] = putLine(x.subarray(from, to), t.subarray(from, to), tokens, lineEnd);
  }
  return { tokenizer, rows, inputs: valueMatrix(x, T), targets: valueMatrix(t, T), lengths: valueMatrix(lengths, 1) };
}

/** Allocates `count` tokens below `size`. @throws Error of `fault` if there is no memory for them. */
export function allocateTokens(size: number, count: number, fault: FileFault): DataArray {
  if (count > MAX_TOKENS) throw fault(`${count} tokens`, `at most ${MAX_TOKENS}`);
  try {
    return tokenArray(size, count);
  } catch (error) {
    if (error instanceof RoomError) throw fault(`${count} tokens, ${error.has}`, error.expected, error);
    if (error instanceof RangeError) throw fault(`${count} tokens`, 'as many as fit into one array', error);
    throw error;
  }
}

/** An array of the narrowest type of tokens below `size`. */
export function tokenArray(size: number, count: number): DataArray {
  if (size <= 1 << 8) return sharedArrays.uint8(count);
  return size <= 1 << 16 ? sharedArrays.uint16(count) : sharedArrays.int32(count);
}
