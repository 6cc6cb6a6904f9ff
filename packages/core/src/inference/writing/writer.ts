import { OptionError } from '../../checks/option-error.ts';
import { has } from '../../checks/show.ts';
import { badOutput } from '../../families/metrics/unanswered.ts';
import { type Continuation, continuationProblem } from '../../network/continuation.ts';
import type { Network } from '../../network/network.ts';
import { InputError } from '../../program/input-error.ts';
import type { TextEncoding } from '../preprocessing/preprocessing.ts';
import { TextError } from '../text/text-error.ts';
import { createTokenizer, type TokenizerLoader } from '../text/tokenizer.ts';
import type { Tokenizer } from '../text/tokenizer-spec.ts';
import { type Sampling, sampleToken } from './sampling.ts';

/** A text that is being written, as plain JSON: any thread can go on with it. */
export interface Draft {
  /** The last tokens of the text, from which the next is computed. */
  readonly window: readonly number[];
  /** Tokens written so far. */
  readonly written: number;
  /** Tokens at the end whose text is not complete, such as the first bytes of a character. */
  readonly pending: readonly number[];
  /** Characters of `pending` that were emitted. */
  readonly emitted: number;
  /** Whether nothing follows. */
  readonly isDone: boolean;
}

/** Writes texts with a model of text. */
export interface Writer {
  /**
   * The draft after a prompt: by default a line end, or the first token of a vocabulary that has none.
   * @throws Error for a prompt that the model cannot read.
   */
  begin(prompt?: string): Draft;
  /**
   * Writes the next token of each draft, at most as many as the continuation takes: the draft with it, and the text
   * that has become complete, which may be none. No text depends on the others.
   */
  next(drafts: readonly Draft[], samplings: readonly Sampling[]): { readonly draft: Draft; readonly text: string }[];
}

/** The parts of a model that a writer needs. */
export interface WriterParts {
  readonly network: Network;
  /** The text that the model was trained on. */
  readonly text: TextEncoding;
  /** As for `createTokenizer`. */
  readonly loadTokenizer?: TokenizerLoader | undefined;
  /** Called at the first token. */
  createContinuation(): Continuation;
}

/**
 * Creates a writer. Each token is drawn from the outputs at the end of a window, which begins with the last tokens of
 * the prompt. Once it has T tokens, its last ⌊T / 2⌋ are the beginning of a new one.
 * @throws Error that begins with `where` if the network cannot write.
 */
export function createWriter(where: string, { network, text, loadTokenizer, createContinuation }: WriterParts): Writer {
  const problem = continuationProblem(network);
  if (problem !== null) throw new Error(`${where}: the network ${problem}`);
  const tokenizer = createTokenizer(text.tokenizer, loadTokenizer);
  const { context: T, lines } = text;
  const lineEnd = lines ? [...tokenizer.encode('\n')] : [];
  const startTokens = lines ? lineEnd : (tokenizer.frame?.before ?? []);
  const endTokens = new Set(lines ? lineEnd : tokenizer.end);
  let continuation: Continuation | undefined;

  /** The outputs [V] after each window, which the caller may change. */
  function outputsAfter(windows: readonly (readonly number[])[]): Float64Array[] {
    continuation ??= createContinuation();
    try {
      return continuation(windows);
    } catch (error) {
      throw error instanceof InputError ? new Error(`${where}: ${error.problem}`, { cause: error }) : error;
    }
  }

  /** The draft with the token that is drawn from outputs y. */
  function draw(y: Float64Array, { window, written, pending, emitted }: Draft, sampling: Sampling) {
    if (badOutput(y, 0, y.length) !== undefined) {
      const problem = `token ${written} has no answer, expected outputs that are finite`;
      throw new Error(`${where}: ${problem} (one is NaN or infinite)`);
    }
    // The unknown token has no text, so it is never drawn.
    if (tokenizer.unknown !== undefined) y[tokenizer.unknown] = Number.NEGATIVE_INFINITY;
    const token = sampleToken(y, sampling, written);
    const isEnd = endTokens.has(token);
    const isDone = isEnd || written + 1 >= sampling.tokens;
    const tokens = isEnd ? pending : [...pending, token];
    const decodedText = tokenizer.decode(tokens);
    // The last character may have bytes that later tokens complete.
    const isWhole = isDone || !decodedText.endsWith('\uFFFD');
    const textLength = isWhole ? decodedText.length : decodedText.length - 1;
    const precedingTokens = window.length === T ? window.slice(T - Math.floor(T / 2)) : window;
    return {
      text: decodedText.slice(emitted, textLength),
      draft: {
        window: [...precedingTokens, token],
        written: written + 1,
        ...(isWhole ? { pending: [], emitted: 0 } : { pending: tokens, emitted: textLength }),
        isDone,
      },
    };
  }

  return {
    begin(prompt = startTokens.length > 0 ? '' : defaultPrompt(tokenizer)) {
      const tokens = [...startTokens, ...encodePrompt(where, tokenizer, prompt, lines)];
      if (tokens.length === 0) throw new OptionError(where, 'prompt', 'has no text, expected at least a character');
      return { window: tokens.slice(-T), written: 0, pending: [], emitted: 0, isDone: false };
    },
    next(drafts, samplings) {
      const outputs = outputsAfter(drafts.map(({ window }) => window));
      return drafts.map((draft, k) => draw(outputs[k], draft, samplings[k]));
    },
  };
}

/** Writes texts to their ends, `atOnce` together. Yields the next part of each; '' if it waits or is finished. */
export function* writeTexts(
  writer: Writer,
  startDrafts: readonly Draft[],
  samplings: readonly Sampling[],
  atOnce: number,
): Generator<string[], void, undefined> {
  const drafts = [...startDrafts];
  for (;;) {
    const unfinishedDrafts = [...drafts.keys()].filter((k) => !drafts[k].isDone).slice(0, atOnce);
    if (unfinishedDrafts.length === 0) return;
    const parts = drafts.map(() => '');
    const nextTokens = writer.next(
      unfinishedDrafts.map((k) => drafts[k]),
      unfinishedDrafts.map((k) => samplings[k]),
    );
    for (const [j, k] of unfinishedDrafts.entries()) {
      drafts[k] = nextTokens[j].draft;
      parts[k] = nextTokens[j].text;
    }
    yield parts;
  }
}

/** A line end, or the first token of a vocabulary without one: such a model was trained on a single line. */
function defaultPrompt({ spec }: Tokenizer): string {
  return 'vocabulary' in spec && !spec.vocabulary.includes('\n') ? spec.vocabulary[0] : '\n';
}

/** The tokens of a prompt. @throws Error for a prompt that is not a text, ends a line, or has unknown characters. */
function encodePrompt(where: string, tokenizer: Tokenizer, prompt: unknown, lines: boolean): Uint32Array {
  if (typeof prompt !== 'string') throw new OptionError(where, 'prompt', `${has(prompt)}, expected a text`);
  const at = lines ? prompt.indexOf('\n') : -1;
  if (at !== -1) {
    throw new OptionError(where, 'prompt', `has a line end at position ${at}, expected the start of one line`);
  }
  try {
    return tokenizer.encode(prompt);
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    throw new OptionError(where, 'prompt', `${error.problem}, at position ${error.at}`, { cause: error });
  }
}
