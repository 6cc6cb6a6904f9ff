import { createTokenizer, TextError, type Tokenizer } from '@gradloom/core';
import { bytePairs, show } from '@gradloom/core/internal';
import { requireInstalled } from '../../system/installed.ts';

/** The tables of js-tiktoken. */
interface Tables {
  readonly bpe_ranks: string; // lines '! <rank of the first token> <bytes of each token in base64> ...'
  readonly pat_str: string; // regular expression of the pieces into which a text is cut
  readonly special_tokens: Readonly<Record<string, number>>;
}

let tokenizer: Tokenizer | undefined;

/** The tokenizer of GPT-2, loaded on first use. The names of special tokens are plain text. */
export function gpt2(): Tokenizer {
  tokenizer ??= load();
  return tokenizer;
}

function load(): Tokenizer {
  const { size, spec } = createTokenizer({ kind: 'gpt2' });
  const { bpe_ranks, pat_str, special_tokens } = requireTables();
  const ranks = new Map<string, number>();
  const tokenBytes: Uint8Array[] = [];
  for (const line of bpe_ranks.split('\n')) {
    const [, firstRank, ...tokens] = line.split(' ');
    for (const [n, token] of tokens.entries()) {
      const bytes = Buffer.from(token, 'base64');
      ranks.set(bytes.toString('latin1'), Number(firstRank) + n);
      tokenBytes[Number(firstRank) + n] = bytes;
    }
  }
  for (const [name, token] of Object.entries(special_tokens)) tokenBytes[token] = Buffer.from(name);
  const pieces = new RegExp(pat_str, 'gu');
  return {
    spec,
    size,
    encode(text) {
      const encoded: number[] = [];
      for (const [piece] of text.matchAll(pieces)) {
        for (const token of bytePairs(Buffer.from(piece).toString('latin1'), ranks)) encoded.push(token);
      }
      return Uint32Array.from(encoded);
    },
    decode(tokens) {
      const parts = Array.from(tokens, (token, at) => {
        if (tokenBytes[token] !== undefined) return tokenBytes[token];
        throw new TextError(at, `the token ${show(token)}`, `a whole number from 0 to ${size - 1}`);
      });
      return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.concat(parts));
    },
  };
}

function requireTables(): Tables {
  try {
    return requireInstalled('js-tiktoken/ranks/gpt2') as Tables;
  } catch (cause) {
    throw new Error('gpt2: js-tiktoken is not installed, expected it beside @gradloom/runtime', { cause });
  }
}
