import type { Tokenizer } from '@gradloom/core';
import { createBytePairTokenizer } from '@gradloom/core/internal';
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
  const { bpe_ranks, pat_str, special_tokens } = requireTables();
  const ranks = new Map<string, number>();
  const tokens: string[] = [];
  for (const line of bpe_ranks.split('\n')) {
    const [, firstRank, ...encodedTokens] = line.split(' ');
    for (const [n, token] of encodedTokens.entries()) {
      const bytes = Buffer.from(token, 'base64').toString('latin1');
      ranks.set(bytes, Number(firstRank) + n);
      tokens[Number(firstRank) + n] = bytes;
    }
  }
  for (const [name, token] of Object.entries(special_tokens)) tokens[token] = name;
  return createBytePairTokenizer({ kind: 'gpt2' }, tokens, ranks, new RegExp(pat_str, 'gu'));
}

function requireTables(): Tables {
  try {
    return requireInstalled('js-tiktoken/ranks/gpt2') as Tables;
  } catch (cause) {
    throw new Error('gpt2: js-tiktoken is not installed, expected it beside @gradloom/runtime', { cause });
  }
}
