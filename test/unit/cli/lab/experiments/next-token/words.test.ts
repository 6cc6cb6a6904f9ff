import { expect, test } from 'vitest';
import {
  decode,
  encode,
  readWords,
  wordRows,
} from '../../../../../../packages/cli/src/lab/experiments/next-token/language-model.ts';

test('no held-out word is a training word, and together they are all words', () => {
  const { all, train, heldOut } = readWords();
  const learned = new Set(train);
  expect(heldOut.filter((word) => learned.has(word))).toEqual([]);
  expect(learned.size + new Set(heldOut).size).toBe(all.size);
  expect(heldOut.length / all.size).toBeCloseTo(0.1, 4);
  expect([...all].filter((word) => !/^[a-z]+$/.test(word))).toEqual([]);
});

test('a row for each symbol of a word and its end, each with the symbols before it, as bytes that threads share', () => {
  const { rows, inputs, targets, classes } = wordRows('x', ['ab', 'z'], 3);
  expect({ rows, classes }).toEqual({ rows: 5, classes: 27 });
  const contexts = [[0, 0, 0], [0, 0, 1], [0, 1, 2], [0, 0, 0], [0, 0, 26]]; // biome-ignore format: a row a symbol
  expect([...inputs.array]).toEqual(contexts.flat());
  expect([...targets.array]).toEqual([1, 2, 0, 26, 0]);
  expect(inputs.array).toBeInstanceOf(Uint8Array);
  expect(inputs.array.buffer).toBeInstanceOf(SharedArrayBuffer);
});

test('a word longer than the context moves through it', () => {
  expect([...wordRows('x', ['abc'], 1).inputs.array]).toEqual([0, 1, 2, 3]);
});

test('a word is the same after encoding and decoding', () => {
  expect(encode('az')).toEqual([1, 26, 0]);
  expect(decode(encode('weaver').slice(0, -1))).toBe('weaver');
});
