import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { counted } from '../../../support/count.ts';
import { needs } from '../../../support/needs.ts';
import { resultOf, suiteTests } from '../../../support/onnx-suite.ts';

/** Every test of the suite: its name, and 'pass' or the reason why not. */
const LIST = join(import.meta.dirname, 'onnx-tests.txt');

/** `ONNX_TESTS=write` writes the list again, `ONNX_TESTS=Softmax` runs the tests with this in their names. */
const { ONNX_TESTS: chosen = '' } = process.env;

test('the official tests of ONNX pass, but for those whose reason is listed', {
  ...needs('onnx suite'),
  timeout: 1_800_000,
}, async () => {
  const every = chosen === '' ? counted(10, 1) : 1; // npm run test:all runs each test, and others each tenth
  const tests = suiteTests().filter(({ name }, k) => (chosen === 'write' || name.includes(chosen)) && k % every === 0);
  const lines: string[] = [];
  for (const one of tests) lines.push(`${one.name} ${await resultOf(one)}`);
  if (chosen === 'write') writeFileSync(LIST, `${lines.join('\n')}\n`);
  const listed = new Map(readFileSync(LIST, 'utf8').trim().split('\n').map(splitLine));
  const passes = lines.map(splitLine).map(([name, result]) => `${name} ${result === 'pass' ? 'pass' : 'fails'}`);
  const expected = tests.map(({ name }) => `${name} ${listed.get(name) === 'pass' ? 'pass' : 'fails'}`);
  const surprises = lines.filter((_, k) => passes[k] !== expected[k]);
  expect(surprises).toEqual([]);
});

/** The name of a test, and its result. */
function splitLine(line: string): [name: string, result: string] {
  const at = line.indexOf(' ');
  return [line.slice(0, at), line.slice(at + 1)];
}
