import { CellError, type EncodingNote, type TokenEncoding, type TokenizerSpec } from '@gradloom/core';
import {
  bytePairsOf,
  bytePiecesOf,
  commonVocabulary,
  createTokenEncoder,
  learnBytePairs,
  piecesOf,
  show,
  showName,
  textToRead,
} from '@gradloom/core/internal';
import { faultAbout } from '../../system/files/file-fault.ts';
import { type DataMatrix, valueMatrix } from '../dataset.ts';
import { sharedArrays } from '../number-types.ts';
import { createTokenizer, loadTokenizer } from '../text/tokenizers.ts';
import { allocateTokens } from '../text/tokens-in-memory.ts';
import type { Table, TableColumn, WordColumn } from './table.ts';

/** Maximum number of tokens of a row without `context`: the time of a step grows with its length. */
const MAX_TOKENS = 256;

/**
 * Fits the encoding of a column of texts on the rows at `rows`: characters or words that occur twice or more there are
 * the vocabulary, or byte pairs are learned from them. T is `context`, by default the tokens of the longest of these
 * texts, but at most 256, and at most twice those that nine of ten texts have: a few long texts would make all steps
 * slow.
 */
export function fitTokens(
  { name: table, options }: Table,
  { name, gaps }: TableColumn,
  { words: texts, indices }: WordColumn,
  rows: Uint32Array,
): TokenEncoding {
  const { tokenizer: requested = 'words', context } = options;
  const counts = new Map<number, number>();
  for (const n of rows) counts.set(indices[n], (counts.get(indices[n]) ?? 0) + 1);
  const textOf = (index: number): string => texts[index] ?? ''; // -1: a gap
  const size = bytePairsOf('fitPreprocessing', 'tokenizer', requested);
  const tokenizer =
    requested === 'words' || requested === 'characters'
      ? fitVocabulary(requested)
      : typeof requested === 'object'
        ? requested
        : size === undefined
          ? { kind: requested as 'bytes' | 'gpt2' }
          : fitBytePairs(size);
  const form = { ...(requested === 'words' ? { lowercase: true } : {}), ...(gaps > 0 ? { gaps: true } : {}) };
  return { name, type: 'text', tokenizer, context: context ?? fittedContext(), ...form };

  function fitVocabulary(kind: 'words' | 'characters'): TokenizerSpec {
    const pieces = new Map<string, number>();
    for (const [index, count] of counts) {
      const text = textToRead(textOf(index), { lowercase: kind === 'words' });
      for (const piece of piecesOf(kind, text)) pieces.set(piece, (pieces.get(piece) ?? 0) + count);
    }
    return { kind, vocabulary: commonVocabulary(pieces) };
  }

  function fitBytePairs(V: number): TokenizerSpec {
    const pieces = new Map<string, number>();
    for (const [index, count] of counts) {
      for (const piece of bytePiecesOf(textToRead(textOf(index), {})))
        pieces.set(piece, (pieces.get(piece) ?? 0) + count);
    }
    return { kind: 'bpe', merges: learnBytePairs(pieces, V) };
  }

  function fittedContext(): number {
    const encoder = createTokenEncoder(
      { name, type: 'text', tokenizer, context: MAX_TOKENS, ...form },
      undefined,
      loadTokenizer,
    );
    try {
      const lengths = new Map([...counts.keys()].map((index) => [index, encoder.tokensOf(textOf(index)).length]));
      const sorted = Float64Array.from(rows, (n) => lengths.get(indices[n]) ?? 0).sort();
      return Math.min(sorted[sorted.length - 1], 2 * sorted[Math.floor(0.9 * (sorted.length - 1))]);
    } catch (error) {
      if (!(error instanceof CellError)) throw error;
      throw new Error(`fitPreprocessing: ${showName(table)}: ${error.message}`, { cause: error });
    }
  }
}

/** Inputs and lengths of rows of texts. */
export interface TokenRows {
  readonly inputs: DataMatrix; // [N, T]
  readonly lengths: DataMatrix; // [N, 1]
}

/**
 * Encodes texts as tokens of one, two or four bytes, as many as the vocabulary needs. `onNote` is called for each text
 * that is cut. @throws Error naming the row, counted from 1, of a text that cannot be encoded.
 */
export function encodeTexts(
  table: Table,
  encoding: TokenEncoding,
  rows: Uint32Array,
  onNote?: (note: EncodingNote) => void,
): TokenRows {
  const { name, context: T } = encoding;
  const data = table.inputs.find((column) => column.name === name)?.data;
  if (data?.kind !== 'words') throw new Error(`encodeTable: column ${show(name)} is missing, expected its texts`);
  const encoder = createTokenEncoder(encoding, onNote, loadTokenizer);
  const fault = faultAbout(`encodeTable: ${showName(table.name)}`);
  const x = allocateTokens(createTokenizer(encoding.tokenizer).size, rows.length * T, fault);
  const lengths = sharedArrays.int32(rows.length);
  for (const [n, row] of rows.entries()) {
    try {
      const tokens = encoder.tokensOf(data.words[data.indices[row]] ?? '');
      x.set(tokens, n * T);
      lengths[n] = tokens.length;
    } catch (error) {
      if (!(error instanceof CellError)) throw error;
      const where = `encodeTable: ${showName(table.name)}: row ${row + 1}, column ${show(name)}`;
      throw new Error(`${where} ${error.problem}`, { cause: error });
    }
  }
  return { inputs: { ...valueMatrix(x, T), shape: [T] }, lengths: valueMatrix(lengths, 1) };
}
