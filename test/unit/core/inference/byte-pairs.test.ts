import { readFileSync } from 'node:fs';
import { createTokenizer, type TokenizerSpec } from '@gradloom/core';
import { bytePairs, bytePiecesOf, learnBytePairs } from '@gradloom/core/internal';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { requireInstalled } from '../../../../packages/runtime/src/system/installed.ts';
import { propertySeed } from '../../../support/seed.ts';

function countPieces(text: string): Map<string, number> {
  const pieces = new Map<string, number>();
  for (const piece of bytePiecesOf(text)) pieces.set(piece, (pieces.get(piece) ?? 0) + 1);
  return pieces;
}

/** The definition: all pieces are encoded anew for each union, whose neighbours are then all counted. */
function learnPlainly(pieces: ReadonlyMap<string, number>, size: number): string[] {
  const tokens = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte));
  const first: string[] = []; // unions in the order in which they first occur
  while (tokens.length < size) {
    const ranks = new Map(tokens.map((token, rank) => [token, rank]));
    const counts = new Map<string, number>();
    for (const [bytes, count] of pieces) {
      const parts = bytePairs(bytes, ranks).map((token) => tokens[token]);
      for (let i = 1; i < parts.length; i++) {
        const union = parts[i - 1] + parts[i];
        if (!first.includes(union)) first.push(union);
        counts.set(union, (counts.get(union) ?? 0) + count);
      }
    }
    const most = Math.max(...counts.values());
    if (most < 2) break;
    tokens.push(first.find((union) => counts.get(union) === most) as string);
  }
  return tokens.slice(256);
}

const bpeOf = (text: string, size: number): TokenizerSpec => ({
  kind: 'bpe',
  merges: learnBytePairs(countPieces(text), size),
});

describe('byte pairs', () => {
  test('are learned as the first description of them does', () => {
    // "low" 5, "lower" 2, "newest" 6, "widest" 3: Sennrich, Haddow, Birch 2016, algorithm 1.
    const words = new Map([
      ['low', 5],
      ['lower', 2],
      ['newest', 6],
      ['widest', 3],
    ]);
    expect(learnBytePairs(words, 256 + 5)).toEqual(['es', 'est', 'lo', 'low', 'ne']);
  });

  test(`are those of counting all neighbours anew (seed ${propertySeed})`, () => {
    const words = fc.array(fc.tuple(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1 }), fc.nat(5)));
    const check = fc.property(words, (drawn) => {
      const pieces = new Map(drawn);
      expect(learnBytePairs(pieces, 276)).toEqual(learnPlainly(pieces, 276));
    });
    fc.assert(check, { seed: propertySeed, numRuns: 200 });
  });

  test('are applied as tiktoken applies the same tokens', () => {
    const text = readFileSync('docs/architecture.md', 'utf8');
    const spec = bpeOf(text.slice(0, 20_000), 700) as TokenizerSpec & { kind: 'bpe' };
    const known = createTokenizer(spec);
    expect(known.size).toBe(700);
    const bytes = [...Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)), ...spec.merges];
    const { Tiktoken } = requireInstalled('js-tiktoken/lite') as {
      Tiktoken: new (tables: object) => { encode(text: string): number[]; decode(tokens: number[]): string };
    };
    const { pat_str } = requireInstalled('js-tiktoken/ranks/gpt2') as { pat_str: string };
    const bpe_ranks = bytes
      .map((token, rank) => `! ${rank} ${Buffer.from(token, 'latin1').toString('base64')}`)
      .join('\n');
    const library = new Tiktoken({ pat_str, special_tokens: {}, bpe_ranks });
    for (const part of [text, "It's 1234 café — 語😀\r\n\n  the\t end "]) {
      expect([...known.encode(part)]).toEqual(library.encode(part));
      expect(known.decode(known.encode(part))).toBe(part);
    }
  });

  test('end where no union occurs twice', () => {
    expect(learnBytePairs(countPieces('abc abd'), 1000)).toEqual(['ab']);
    expect(learnBytePairs(new Map(), 1000)).toEqual([]);
  });

  test.each<[unknown, string]>([
    [{ kind: 'bpe' }, 'createTokenizer: spec.merges is missing, expected a list of two or more characters'],
    [
      { kind: 'bpe', merges: ['a'] },
      'createTokenizer: spec.merges.0 has "a", expected two or more characters from U+0000',
    ],
    [{ kind: 'bpe', merges: ['ab', 'ab'] }, 'createTokenizer: spec.merges.1 has "ab", expected two or more characters'],
    [{ kind: 'bpe', merges: ['语语'] }, 'createTokenizer: spec.merges.0 has "语语", expected two or more characters'],
    [{ kind: 'bpe', merges: [], size: 3 }, 'createTokenizer: spec has the key "size", expected kind and merges'],
  ])('of a damaged file are refused: %j', (spec, message) => {
    expect(() => createTokenizer(spec as TokenizerSpec)).toThrow(message);
  });
});
