import type { TextPreprocessing, Tokenizer } from '@gradloom/core';
import { counted } from '@gradloom/core/internal';
import type { FileFault } from '../../system/files/file-fault.ts';
import type { DataMatrix, DataSplits, Dataset } from '../dataset.ts';
import { splitDataset } from '../split.ts';
import type { TextSizes } from './read-tokens.ts';

/** The tokens of a text, in memory or in a file. */
export interface TokenStore {
  readonly tokenizer: Tokenizer;
  readonly length: number;
  /** Rows of `columns` tokens from `start` on, of `length` tokens in all. */
  readonly matrix: (start: number, length: number, columns: number) => DataMatrix;
}

/** The lines of a text as rows of T tokens, in memory or in a file. */
export interface LineStore {
  readonly tokenizer: Tokenizer;
  readonly rows: number;
  readonly inputs: DataMatrix; // [N, T], each row begins with the token of a line end
  readonly targets: DataMatrix; // [N, T], -1 after the line
  readonly lengths: DataMatrix; // [N, 1]
}

/** T of rows of lines: `context`, or that of the longest line with its end. @throws Error of `fault` for no line. */
export function tokensOfRow({ parts, longest }: TextSizes, context: number | undefined, fault: FileFault): number {
  if (parts === 0) throw fault('no lines', 'at least one');
  return context ?? longest + 1;
}

/**
 * Writes the row of a line: as inputs the line end and its tokens, as targets its tokens and the line end. A line that
 * is too long has its first T tokens. Overwrites `x` and `t`; returns the number of positions that count.
 */
export function putLine(x: Numbers, t: Numbers, tokens: Uint32Array, lineEnd: number): number {
  const T = x.length;
  const length = Math.min(T, tokens.length + 1);
  x.fill(0);
  t.fill(-1);
  x[0] = lineEnd;
  x.set(tokens.subarray(0, length - 1), 1);
  t.set(tokens.subarray(0, length));
  if (tokens.length < T) t[tokens.length] = lineEnd;
  return length;
}

interface Numbers {
  readonly length: number;
  [index: number]: number;
  fill(value: number): unknown;
  set(numbers: ArrayLike<number>, offset?: number): void;
}

/** More names than these would fill a table of classes, and a model file. */
const MAX_LABELS = 256;

/** Classes and preprocessing of rows of tokens. A label is its token, written as in a string of JSON. */
function classesOf({ spec, size }: Tokenizer, options: { readonly context: number; readonly lines: boolean }) {
  const text = { tokenizer: spec, ...options };
  const preprocessing: TextPreprocessing = { version: 1, text };
  if (!('vocabulary' in spec) || size > MAX_LABELS) return { classes: size, preprocessing };
  const labels = spec.vocabulary.map((token) => JSON.stringify(token).slice(1, -1));
  return { classes: size, labels, preprocessing };
}

interface SetOptions {
  readonly context: number | undefined;
  readonly validation: number;
  readonly test: number;
}

/** Maximum number of tokens of a text: starts of windows are held as 32-bit numbers. */
export const MAX_TOKENS = 2 ** 32 - 1;

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
  fault: FileFault,
): DataSplits {
  if (n > MAX_TOKENS) throw fault(`${n} tokens`, `at most ${MAX_TOKENS}`);
  const [validationTokens, testTokens] = [Math.round(validation * n), Math.round(test * n)];
  const ends = [n - validationTokens - testTokens, n - testTokens, n];
  const windowSet = (from: number, to: number, set: 'training' | 'validation' | 'the test'): Dataset => {
    const hasRandomStarts = set === 'training';
    const tokens = to - from;
    if (tokens < T + 1) {
      const expected = `at least ${T + 1} (the context of ${T}, and one to predict)`;
      const purpose = validationTokens + testTokens === 0 ? '' : ` for ${set}`;
      throw fault(`${counted(tokens, 'token')}${purpose}`, expected);
    }
    const rows = Math.floor((tokens - 1) / T);
    const length = hasRandomStarts ? tokens - 1 : rows * T;
    const view = (start: number): DataMatrix => ({ ...matrix(start, length, T), shape: [T] });
    return {
      name,
      rows,
      inputs: view(from),
      targets: view(from + 1),
      ...classesOf(tokenizer, { context: T, lines: false }),
      ...(hasRandomStarts ? { starts: tokens - T } : {}),
    };
  };
  return {
    train: windowSet(0, ends[0], 'training'),
    ...(validationTokens === 0 ? {} : { validation: windowSet(ends[0], ends[1], 'validation') }),
    ...(testTokens === 0 ? {} : { test: windowSet(ends[1], ends[2], 'the test') }),
  };
}

export function linesOf(
  { tokenizer, rows, inputs, targets, lengths }: LineStore,
  { validation, test }: Pick<SetOptions, 'validation' | 'test'>,
  name: string,
): DataSplits {
  const T = inputs.columns;
  const train: Dataset = {
    name,
    rows,
    inputs: { ...inputs, shape: [T] },
    targets: { ...targets, shape: [T] },
    lengths,
    ...classesOf(tokenizer, { context: T, lines: true }),
  };
  return validation === 0 && test === 0 ? { train } : splitDataset(train, { validation, test, stratify: false });
}
