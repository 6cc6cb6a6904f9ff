import { expect, test } from 'vitest';
import { createCallTape } from '../../../../packages/core/src/kernels/native/call-tape.ts';
import {
  type ArgumentTable,
  CALL_WORDS,
  defineArguments,
  placeOf,
} from '../../../../packages/core/src/kernels/native/isa/arguments.ts';
import { adamArguments } from '../../../../packages/core/src/kernels/native/kernels/adam.ts';
import { addArguments } from '../../../../packages/core/src/kernels/native/kernels/add.ts';
import { gatherArguments } from '../../../../packages/core/src/kernels/native/kernels/gather.ts';
import { listArguments } from '../../../../packages/core/src/kernels/native/kernels/list-terms.ts';
import { packArguments } from '../../../../packages/core/src/kernels/native/kernels/pack.ts';
import { tileArguments } from '../../../../packages/core/src/kernels/native/kernels/tile.ts';
import { transposeArguments } from '../../../../packages/core/src/kernels/native/kernels/transpose.ts';

const tables: Record<string, ArgumentTable> = {
  adam: adamArguments,
  add: addArguments,
  gather: gatherArguments,
  list: listArguments,
  pack: packArguments,
  tile: tileArguments,
  transpose: transposeArguments,
};

test.each(Object.entries(tables))('every argument of %s stands where its kernel looks for it', (_name, table) => {
  const words = new Int32Array(2 * CALL_WORDS);
  const doubles = new Float64Array(words.buffer);
  const tape = createCallTape(words, () => {});
  const { list, pairs } = table;
  const far = 2 ** 40; // beyond a word
  const values = list.map((_argument, k) => (k < pairs ? far + k : 1000 + k));
  for (const kernel of [7, 8]) tape.write(table, kernel, ...values);
  for (const [call, kernel] of [7, 8].entries()) {
    const start = call * CALL_WORDS;
    expect(words[start]).toBe(kernel);
    const read = list.map(([, kind], k) => {
      const place = start + placeOf(k, pairs);
      return kind === 'array' || kind === 'far' ? doubles[place / 2] : words[place];
    });
    expect(read).toEqual(values);
  }
});

test('a full tape runs before the next call is recorded', () => {
  const runs: number[] = [];
  const tape = createCallTape(new Int32Array(2 * CALL_WORDS), (calls) => runs.push(calls));
  for (let k = 0; k < 3; k++) tape.write(addArguments, 0, 0, 0, 0, 0, 0);
  expect(runs).toEqual([2]);
  tape.run();
  tape.run(); // nothing is left
  expect(runs).toEqual([2, 1]);
});

test('an answer is a signed number of 64 bits', () => {
  const words = new Int32Array(2 * CALL_WORDS);
  const table = defineArguments(['distance', 'answer']);
  const answers = [-(2 ** 45) - 3, 5 * 2 ** 40 + 2 ** 31];
  for (const wanted of answers) {
    const tape = createCallTape(words, () => new BigInt64Array(words.buffer).fill(BigInt(wanted), 1, 2));
    tape.write(table, 0, 0);
    tape.run();
    expect(tape.answer()).toBe(wanted);
  }
});

test.each([
  ['a word before a pair', [['n', 'count'] as const, ['x', 'array'] as const], /two words come first/],
  ['more arguments than a call has', Array.from({ length: 20 }, () => ['n', 'count'] as const), /too many/],
  ['more pairs than a call has', Array.from({ length: 6 }, () => ['x', 'array'] as const), /too many/],
])('a table with %s is refused', (_what, list, sentence) => {
  expect(() => defineArguments(...list)).toThrow(sentence);
});
