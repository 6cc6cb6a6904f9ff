import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createCallTape } from '../../../../../packages/core/src/backends/bindings/call-tape.ts';
import { elementwise } from '../../../../../packages/core/src/backends/formulas/index.ts';
import { lossFormulas } from '../../../../../packages/core/src/backends/formulas/losses.ts';
import { updates } from '../../../../../packages/core/src/backends/formulas/updates.ts';
import {
  type ArgumentTable,
  CALL_DOUBLES,
  defineArguments,
  MAX_ARGUMENTS,
} from '../../../../../packages/core/src/backends/isa/arguments.ts';
import { elementwiseArguments } from '../../../../../packages/core/src/backends/kernels/elementwise.ts';
import { updateArguments } from '../../../../../packages/core/src/backends/kernels/update.ts';

const kernels = new URL('../../../../../packages/core/src/backends/kernels/', import.meta.url);

const answerTable = defineArguments(['distance', 'answer']);

/** The tables of arguments that kernels export. */
const tables: [string, ArgumentTable][] = [];
for (const file of readdirSync(kernels)) {
  const exported: Record<string, unknown> = await import(
    `../../../../../packages/core/src/backends/kernels/${file.slice(0, -3)}.ts`
  );
  for (const [name, table] of Object.entries(exported)) {
    if (name.endsWith('Arguments') && Array.isArray(table)) tables.push([name, table as ArgumentTable]);
  }
}

test.each(tables)('arguments of %s stand after their kernel in the order of its table', (_name, table) => {
  const doubles = new Float64Array(2 * CALL_DOUBLES);
  const tape = createCallTape(doubles, () => {});
  const values = table.map((_argument, k) => 2 ** 40 + k); // beyond 32 bits
  for (const kernel of [7, 8]) tape.write(table, kernel, ...values);
  for (const [call, kernel] of [7, 8].entries()) {
    expect([...doubles.subarray(call * CALL_DOUBLES)].slice(0, 1 + table.length)).toEqual([kernel, ...values]);
  }
});

test('the arguments of a table have names of their own', () => {
  expect(tables.length).toBeGreaterThan(5);
  const ofFormulas = Object.values({ ...elementwise, ...lossFormulas }).map(elementwiseArguments);
  const ofUpdates = Object.values(updates).map((update) => updateArguments(update, 2));
  for (const table of [...tables.map(([, table]) => table), ...ofFormulas, ...ofUpdates]) {
    expect(table.length).toBeLessThanOrEqual(MAX_ARGUMENTS);
    expect(new Set(table.map(([name]) => name)).size).toBe(table.length);
  }
});

test('arguments from an array stand after their kernel, too', () => {
  const doubles = new Float64Array(2 * CALL_DOUBLES);
  const tape = createCallTape(doubles, () => {});
  for (const kernel of [7, 8]) tape.writeAll(kernel, Float64Array.of(kernel + 0.5, 2 ** 40));
  expect([...doubles.subarray(CALL_DOUBLES, CALL_DOUBLES + 3)]).toEqual([8, 8.5, 2 ** 40]);
});

test('a full tape runs before the next call is recorded', () => {
  const runs: number[] = [];
  const tape = createCallTape(new Float64Array(2 * CALL_DOUBLES), (calls) => runs.push(calls));
  for (let k = 0; k < 3; k++) tape.write(answerTable, 0, 0);
  expect(runs).toEqual([2]);
  tape.run();
  tape.run(); // nothing is left
  expect(runs).toEqual([2, 1]);
});

test('an answer is a signed number of 64 bits', () => {
  const doubles = new Float64Array(2 * CALL_DOUBLES);
  for (const answer of [-(2 ** 45) - 3, 5 * 2 ** 40 + 2 ** 31]) {
    const tape = createCallTape(doubles, () => new BigInt64Array(doubles.buffer).fill(BigInt(answer), 1, 2));
    tape.write(answerTable, 0, 0);
    tape.run();
    expect(tape.answer()).toBe(answer);
  }
});

test('a table with more arguments than a call has is refused', () => {
  const list = Array.from({ length: CALL_DOUBLES }, (_, k) => [`n${k}`, 'count'] as const);
  expect(defineArguments(...list.slice(1)).length).toBe(CALL_DOUBLES - 1);
  expect(() => defineArguments(...list)).toThrow(/^defineArguments: table has 21 arguments, expected at most 20$/);
});
