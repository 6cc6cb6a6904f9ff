import type { TextPreprocessing, Tokenizer } from '@gradloom/core';
import { counted } from '@gradloom/core/internal';
import { RoomError } from '../../system/memory/memory-room.ts';
import { type DataMatrix, type DataSplits, type Dataset, valueMatrix } from '../dataset.ts';
import { type DataArray, sharedArrayLike, sharedArrays } from '../number-types.ts';
import { splitDataset } from '../split.ts';

/** Makes an error: "<file> has ..., expected ...". */
export type TextFault = (has: string, expected: string, cause?: unknown) => Error;

/** The tokens of a text, in memory or in a file. */
export interface TokenStore {
  readonly tokenizer: Tokenizer;
  readonly length: number;
  /** Rows of `columns` tokens from `start` on, of `length` tokens in all. */
  readonly matrix: (start: number, length: number, columns: number) => DataMatrix;
}

/** Tokens in an array; all rows are views of it. */
export const tokensInMemory = (tokenizer: Tokenizer, array: DataArray): TokenStore => ({
  tokenizer,
  length: array.length,
  matrix: (start, length, columns) => valueMatrix(array.subarray(start, start + length) as DataArray, columns),
});

/** Allocates `count` tokens below `size`. @throws Error of `fault` if there is no memory for them. */
export function allocateTokens(size: number, count: number, fault: TextFault): DataArray {
  if (count > MOST_TOKENS) throw fault(`${count} tokens`, `at most ${MOST_TOKENS}`);
  try {
    if (size <= 1 << 8) return sharedArrays.uint8(count);
    return size <= 1 << 16 ? sharedArrays.uint16(count) : sharedArrays.int32(count);
  } catch (error) {
    if (error instanceof RoomError) throw fault(`${count} tokens, ${error.has}`, error.expected, error);
    if (error instanceof RangeError) throw fault(`${count} tokens`, 'as many as fit into one array', error);
    throw error;
  }
}

/** More names than these would fill a table of classes, and a model file. */
const MOST_LABELS = 256;

/** Classes and preprocessing of rows of tokens. A label is its token, written as in a string of JSON. */
function partsOf({ spec, size }: Tokenizer, context: number, lines: boolean) {
  const text = { tokenizer: spec, context, lines };
  const preprocessing: TextPreprocessing = { version: 1, text };
  if (!('vocabulary' in spec) || size > MOST_LABELS) return { classes: size, preprocessing };
  const labels = spec.vocabulary.map((token) => JSON.stringify(token).slice(1, -1));
  return { classes: size, labels, preprocessing };
}

/** Context and shares of the sets. */
interface SetOptions {
  readonly context: number | undefined;
  readonly validation: number;
  readonly test: number;
}

/** Starts of windows are held as 32-bit numbers. */
const MOST_TOKENS = 2 ** 32 - 1;

/** T of windows where no context is given. */
const CONTEXT = 64;

/**
 * Windows of T tokens, whose targets are the tokens one place further. All are views of one array: the training
 * windows begin anywhere in its first part; the validation and test windows follow without overlap.
 * @throws Error of `fault` if a part has fewer than T + 1 tokens.
 */
export function windowsOf(
  { tokenizer, length: n, matrix }: TokenStore,
  { context: T = CONTEXT, validation, test }: SetOptions,
  name: string,
  fault: TextFault,
): DataSplits {
  if (n > MOST_TOKENS) throw fault(`${n} tokens`, `at most ${MOST_TOKENS}`);
  const held = [Math.round(validation * n), Math.round(test * n)];
  const ends = [n - held[0] - held[1], n - held[1], n];
  const make = (from: number, to: number, part: string, isDrawn: boolean): Dataset => {
    const tokens = to - from;
    if (tokens < T + 1) {
      throw fault(`${counted(tokens, 'token')}${part}`, `at least ${T + 1} (the context of ${T}, and one to predict)`);
    }
    const rows = Math.floor((tokens - 1) / T);
    const length = isDrawn ? tokens - 1 : rows * T;
    const view = (start: number): DataMatrix => ({ ...matrix(start, length, T), shape: [T] });
    return {
      name,
      rows,
      inputs: view(from),
      targets: view(from + 1),
      ...partsOf(tokenizer, T, false),
      ...(isDrawn ? { starts: tokens - T } : {}),
    };
  };
  const of = (part: string) => (held[0] + held[1] === 0 ? '' : ` for ${part}`);
  return {
    train: make(0, ends[0], of('training'), true),
    ...(held[0] === 0 ? {} : { validation: make(ends[0], ends[1], of('validation'), false) }),
    ...(held[1] === 0 ? {} : { test: make(ends[1], ends[2], of('the test'), false) }),
  };
}

/**
 * A row for each line, padded to T tokens: the input begins with the token of a line end, which is also the target at
 * the last position. Lines of more than T - 1 tokens are cut.
 */
export function linesOf(
  { tokenizer, length, matrix }: TokenStore,
  { context, validation, test }: SetOptions,
  name: string,
  fault: TextFault,
): DataSplits {
  const { array } = matrix(0, length, 1);
  const ends: number[] = [];
  const end = array[0];
  let longest = 0;
  for (let at = array.indexOf(end, 1), start = 0; at !== -1; start = at, at = array.indexOf(end, at + 1)) {
    ends.push(at);
    longest = Math.max(longest, at - start);
  }
  const rows = ends.length;
  if (rows === 0) throw fault('no lines', 'at least one');
  const T = context ?? longest;
  const x = sharedArrayLike(array, rows * T);
  const t = sharedArrays.int32(rows * T).fill(-1);
  const lengths = sharedArrays.int32(rows);
  for (let row = 0, start = 0; row < rows; start = ends[row++]) {
    const length = Math.min(T, ends[row] - start);
    lengths[row] = length;
    x.set(array.subarray(start, start + length), row * T);
    t.set(array.subarray(start + 1, start + 1 + length), row * T);
  }
  const whole: Dataset = {
    name,
    rows,
    inputs: { ...valueMatrix(x, T), shape: [T] },
    targets: { ...valueMatrix(t, T), shape: [T] },
    lengths: valueMatrix(lengths, 1),
    ...partsOf(tokenizer, T, true),
  };
  return validation === 0 && test === 0 ? { train: whole } : splitDataset(whole, { validation, test, stratify: false });
}
