import { TextError, type Tokenizer, type TokenizerName, type TokenizerSpec } from '@gradloom/core';
import {
  bytePairsOf,
  bytePiecesOf,
  commonVocabulary,
  learnBytePairs,
  piecesOf,
  vocabularyOf,
} from '@gradloom/core/internal';
import type { FileFault } from '../../system/files/file-fault.ts';
import { createTokenizer } from './tokenizers.ts';

/** Reads a text from its start, in chunks. It can be called more than once. */
export type TextSource = () => Iterable<string> | AsyncIterable<string>;

/** Reads the tokens of a text as often as needed, so that the whole text is never in memory. */
export interface TokenReader {
  readonly tokenizer: Tokenizer;
  /** The token of a line end; 0, which is not used, if the parts are not lines. */
  readonly lineEnd: number;
  /** The sizes of the text. Reads the text if no earlier call has. */
  sizes(): Promise<TextSizes>;
  /**
   * The tokens of each part of the text, or of each line without its end.
   * @throws Error of `fault` for a character that the vocabulary lacks, for an empty line, and if the sizes of the text
   * have changed since it was last read.
   */
  encodedParts(): AsyncGenerator<Uint32Array>;
}

export interface TextSizes {
  readonly tokens: number;
  readonly parts: number; // lines, if each is encoded by itself
  readonly longest: number; // tokens of the longest part
}

/**
 * Prepares a text for reading. The tokenizers `characters` and `words` get the vocabulary of the text; byte pairs are
 * learned from its first `trainingShare`.
 */
export async function readTokens(
  source: TextSource,
  requested: TokenizerName | TokenizerSpec,
  lines: boolean,
  fault: FileFault,
  trainingShare = 1,
): Promise<TokenReader> {
  const size = bytePairsOf('readTokens', 'tokenizer', requested);
  const kind = typeof requested === 'object' ? requested.kind : requested.startsWith('bpe:') ? 'bpe' : requested;
  const parts = (): AsyncGenerator<TextPart> =>
    partsOf(source(), lines ? afterLastLine : cuts[kind as TokenizerSpec['kind']], lines, fault);
  const isFitted = requested === 'characters' || requested === 'words';
  const survey = isFitted
    ? await surveyText(requested, parts(), lines)
    : size === undefined
      ? null
      : { spec: await learnFrom(parts, size, lines ? 1 : trainingShare), sizes: null };
  const spec = survey?.spec ?? (typeof requested === 'object' ? requested : { kind: kind as 'bytes' | 'gpt2' });
  const tokenizer = createTokenizer(spec);
  const encode = (part: TextPart): Uint32Array => encodePart(tokenizer, part, fault);
  const [lineEnd] = lines ? encode({ text: '\n', line: 1 }) : [0];
  let sizes: TextSizes | null = survey?.sizes ?? null;
  const sizeText = ({ tokens, parts }: TextSizes) => `${tokens} tokens${lines ? ` in ${parts} lines` : ''}`;

  async function* encodedParts(): AsyncGenerator<Uint32Array> {
    let sizesSoFar: TextSizes = { tokens: 0, parts: 0, longest: 0 };
    for await (const part of parts()) {
      const tokens = encode(part);
      sizesSoFar = withPart(sizesSoFar, tokens.length);
      // Tokens of a text that has grown would not fit into the arrays that were allocated for its first sizes.
      if (sizes === null || (sizesSoFar.tokens <= sizes.tokens && sizesSoFar.parts <= sizes.parts)) yield tokens;
    }
    sizes ??= sizesSoFar;
    const [size, firstSize] = [sizeText(sizesSoFar), sizeText(sizes)];
    if (size !== firstSize) throw fault(size, `the ${firstSize} that it had when it was first read`);
  }

  return {
    tokenizer,
    lineEnd,
    encodedParts,
    async sizes() {
      if (sizes === null) for await (const _ of encodedParts());
      return sizes as TextSizes;
    },
  };
}

/** Learns byte pairs from the first `fraction` of a text. Reads it twice: for its length, and for its pieces. */
async function learnFrom(parts: () => AsyncIterable<TextPart>, size: number, fraction: number): Promise<TokenizerSpec> {
  let length = 0;
  for await (const { text } of parts()) length += text.length;
  let left = Math.round(fraction * length);
  const pieces = new Map<string, number>();
  for await (const { text } of parts()) {
    for (const piece of bytePiecesOf(text.slice(0, left))) pieces.set(piece, (pieces.get(piece) ?? 0) + 1);
    left -= Math.min(left, text.length);
  }
  return { kind: 'bpe', merges: learnBytePairs(pieces, size) };
}

const withPart = ({ tokens, parts, longest }: TextSizes, length: number): TextSizes => ({
  tokens: tokens + length,
  parts: parts + 1,
  longest: Math.max(longest, length),
});

/** A part of a text that is encoded by itself. */
interface TextPart {
  readonly text: string;
  readonly line: number; // of its start, from 1
}

/** Finds the vocabulary of a text and its sizes. */
async function surveyText(kind: 'characters' | 'words', parts: AsyncIterable<TextPart>, lines: boolean) {
  const pieces = new Set(lines ? ['\n'] : []);
  const words = new Map<string, number>(lines ? [['\n', 2]] : []); // counted twice, so that it is in the vocabulary
  const seenUnits = new Uint8Array(1 << 16); // 1 for each code unit that occurs: faster than a set
  let sizes: TextSizes = { tokens: 0, parts: 0, longest: 0 };
  for await (const { text } of parts) {
    let tokens = 0;
    if (kind === 'words') {
      for (const piece of piecesOf(kind, text)) {
        words.set(piece, (words.get(piece) ?? 0) + 1);
        tokens++;
      }
    } else {
      for (let i = 0; i < text.length; i++, tokens++) {
        const code = text.codePointAt(i) ?? 0;
        if (code < seenUnits.length) seenUnits[code] = 1;
        else pieces.add(text.slice(i, ++i + 1)); // a character of two code units: skips both
      }
    }
    sizes = withPart(sizes, tokens);
  }
  for (let code = 0; code < seenUnits.length; code++) if (seenUnits[code] === 1) pieces.add(String.fromCharCode(code));
  const vocabulary = kind === 'words' ? commonVocabulary(words) : vocabularyOf(pieces);
  const spec: TokenizerSpec = { kind, vocabulary };
  return { spec, sizes };
}

function encodePart(tokenizer: Tokenizer, { text, line }: TextPart, fault: FileFault): Uint32Array {
  try {
    return tokenizer.encode(text);
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    const errorLine = line + countLines(text.slice(0, error.at));
    throw fault(`${error.has} at line ${errorLine}`, error.expected, error);
  }
}

/** The last position at which `text`, which follows `before`, can be cut between two tokens; -1 if there is none. */
type Cut = (text: string, before: string) => number;

/**
 * Two code units between which no token of words or of GPT-2 extends: any other before a space, or a letter or digit
 * before any other character but an apostrophe or an accent.
 */
const BORDER = /^(?:\S\s|[\p{L}\p{N}][^\s\p{L}\p{M}\p{N}\p{Cs}'’])$/u;

const atLastBorder: Cut = (text, before) => {
  for (let i = text.length - 1; i > 0; i--) if (BORDER.test(text.slice(i - 1, i + 1))) return i;
  return BORDER.test(before.slice(-1) + text.charAt(0)) ? 0 : -1;
};

const atEnd: Cut = (text) => text.length;

const afterLastLine: Cut = (text) => text.lastIndexOf('\n') + 1 || -1;

const cuts: Readonly<Record<TokenizerSpec['kind'], Cut>> = {
  characters: atEnd,
  bytes: atEnd,
  words: atLastBorder,
  gpt2: atLastBorder,
  bpe: atLastBorder,
  huggingface: atLastBorder,
};

/** Maximum number of code units of a line, or between two cuts: V8 has no strings of more than 512 MiB. */
const MAX_CHARACTERS = 1 << 24;

/** Cuts a text into parts between tokens, or into lines without their ends. */
async function* partsOf(
  chunks: Iterable<string> | AsyncIterable<string>,
  cut: Cut,
  lines: boolean,
  fault: FileFault,
): AsyncGenerator<TextPart> {
  let rest: string[] = []; // chunks after the last cut
  let line = 1;
  for await (const text of chunks) {
    const end = cut(text, rest.at(-1) ?? '');
    if (end >= 0) {
      yield* partsIn([...rest, text.slice(0, end)].join(''));
      rest = [];
    }
    if (end < text.length) rest.push(text.slice(Math.max(0, end)));
    if (rest.length > 1 && rest.reduce((sum, { length }) => sum + length, 0) > MAX_CHARACTERS) {
      throw fault(
        `a ${lines ? 'line' : 'word'} of more than ${MAX_CHARACTERS} characters at line ${line}`,
        lines ? 'shorter lines' : 'spaces between words (--tokenizer characters needs none)',
      );
    }
  }
  yield* partsIn(rest.join(''));

  function* partsIn(text: string): Generator<TextPart> {
    if (text === '') return;
    if (!lines) {
      yield { text, line };
      line += countLines(text);
      return;
    }
    for (const lineText of text.replace(/\r?\n$/, '').split(/\r?\n/)) {
      if (lineText === '') throw fault(`an empty line ${line}`, 'text in each line (--lines)');
      yield { text: lineText, line };
      line++;
    }
  }
}

function countLines(text: string): number {
  let count = 0;
  for (let i = text.indexOf('\n'); i !== -1; i = text.indexOf('\n', i + 1)) count++;
  return count;
}
