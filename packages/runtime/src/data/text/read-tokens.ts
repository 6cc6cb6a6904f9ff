import { TextError, type Tokenizer, type TokenizerName, type TokenizerSpec } from '@gradloom/core';
import { commonVocabulary, piecesOf, vocabularyOf } from '@gradloom/core/internal';
import { createTokenizer } from './gpt2.ts';
import { allocateTokens, type TextFault, type TokenStore, tokensInMemory } from './text-sets.ts';

/** A text that can be read from its start more than once, in parts. */
export type TextSource = () => Iterable<string> | AsyncIterable<string>;

/**
 * Turns a text into tokens. The text is read twice, so that it is never in memory as a whole: for the number of tokens
 * (and the vocabulary, if the tokenizer is given by name), and for the tokens. With `lines` the token of a line end
 * stands before the first line and after each.
 * @throws Error of `fault` for a character that the vocabulary lacks, for an empty line, and for a text that has
 * changed between.
 */
export async function readTokens(
  source: TextSource,
  asked: TokenizerName | TokenizerSpec,
  lines: boolean,
  fault: TextFault,
): Promise<TokenStore> {
  const kind = typeof asked === 'string' ? asked : asked.kind;
  const parts = (): AsyncGenerator<Part> => partsOf(source(), lines ? afterLastLine : cuts[kind], lines, fault);
  const found = asked === 'characters' || asked === 'words' ? await survey(asked, parts(), lines) : null;
  const spec = found?.spec ?? (typeof asked === 'object' ? asked : { kind: asked as 'bytes' | 'gpt2' });
  const tokenizer = createTokenizer(spec);
  const encode = (part: Part): Uint32Array => encodePart(tokenizer, part, fault);
  const end = lines ? encode({ text: '\n', line: 1 }) : new Uint32Array(0);
  let count = end.length;
  if (found !== null) count += found.tokens + found.parts * end.length;
  else for await (const part of parts()) count += encode(part).length + end.length;
  const array = allocateTokens(tokenizer.size, count, fault);
  let at = 0;
  const put = (tokens: Uint32Array) => {
    if (at + tokens.length <= count) array.set(tokens, at);
    at += tokens.length;
  };
  put(end);
  for await (const part of parts()) {
    put(encode(part));
    put(end);
  }
  if (at !== count) throw fault(`${at} tokens`, `the ${count} that it had when it was first read`);
  return tokensInMemory(tokenizer, array);
}

/** A part of a text that is encoded by itself. */
interface Part {
  readonly text: string;
  readonly line: number; // of its start, from 1
}

/** Finds the vocabulary of a text, its tokens, and its parts. */
async function survey(kind: 'characters' | 'words', texts: AsyncIterable<Part>, lines: boolean) {
  const pieces = new Set(lines ? ['\n'] : []);
  const words = new Map<string, number>(lines ? [['\n', 2]] : []); // a line end is always known
  const seen = new Uint8Array(1 << 16); // of characters of one code unit: faster than a set
  let [tokens, parts] = [0, 0];
  for await (const { text } of texts) {
    parts++;
    if (kind === 'words') {
      for (const piece of piecesOf(kind, text)) {
        words.set(piece, (words.get(piece) ?? 0) + 1);
        tokens++;
      }
    } else {
      for (let at = 0; at < text.length; at++, tokens++) {
        const code = text.codePointAt(at) ?? 0;
        if (code < seen.length) seen[code] = 1;
        else pieces.add(text.slice(at, ++at + 1));
      }
    }
  }
  for (let code = 0; code < seen.length; code++) if (seen[code] === 1) pieces.add(String.fromCharCode(code));
  const vocabulary = kind === 'words' ? commonVocabulary(words) : vocabularyOf(pieces);
  const spec: TokenizerSpec = { kind, vocabulary };
  return { spec, tokens, parts };
}

function encodePart(tokenizer: Tokenizer, { text, line }: Part, fault: TextFault): Uint32Array {
  try {
    return tokenizer.encode(text);
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    const [has, expected] = error.problem.split(', expected ');
    const place = line + countLines(text.slice(0, error.at));
    throw fault(`${has.replace(/^has /, '')} at line ${place}`, expected, error);
  }
}

/** The place at which a text can be cut without cutting a token; 0 if there is none. */
type Cut = (text: string) => number;

/** Tokens of words and of GPT-2 do not go on from another character to a space, but over a run of spaces. */
const beforeLastSpaces: Cut = (text) => Math.max(0, text.search(/(?<!\s)\s+\S*$/));

const cuts: Readonly<Record<TokenizerName, Cut>> = {
  characters: (text) => text.length,
  bytes: (text) => text.length,
  words: beforeLastSpaces,
  gpt2: beforeLastSpaces,
};

const afterLastLine: Cut = (text) => text.lastIndexOf('\n') + 1;

/** The parts of a text, or its lines without their ends. */
async function* partsOf(
  texts: Iterable<string> | AsyncIterable<string>,
  cut: Cut,
  lines: boolean,
  fault: TextFault,
): AsyncGenerator<Part> {
  let held = '';
  let line = 1;
  for await (const text of texts) {
    held += text;
    const end = cut(held);
    yield* take(held.slice(0, end));
    held = held.slice(end);
  }
  yield* take(held);

  function* take(text: string): Generator<Part> {
    if (text === '') return;
    if (!lines) {
      yield { text, line };
      line += countLines(text);
      return;
    }
    for (const one of text.replace(/\r?\n$/, '').split(/\r?\n/)) {
      if (one === '') throw fault(`an empty line ${line}`, 'text in each line (--lines)');
      yield { text: one, line };
      line++;
    }
  }
}

function countLines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
