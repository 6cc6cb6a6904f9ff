import { describe, expect, test } from 'vitest';
import { gradloom } from '../../../support/command-line.ts';
import { onlyInAll } from '../../../support/count.ts';
import { expectAgreement, printedAndJson, slipsOf } from '../../../support/experiment.ts';

test('starts near ln 27 and beats a bigram model on held-out words, in 80 columns', async () => {
  const { text, document } = await printedAndJson('next-token', '--steps', '300', '--hidden', '48');
  expect(text).toMatch(/LLaMA 4/);
  const { findings, natsPerCharacter, losses, samples } = document;
  expectAgreement(findings, [
    ...['loss at start is near ln 27 = 3.296', 'at least 0.1 nat below a bigram model'],
    ...['openai/gpt-2: 124', '10'],
  ]);
  expect(slipsOf(findings)).toEqual(['LLaMA 4 over XOR, billion times']);
  const { uniform, unigram, bigram, network } = natsPerCharacter as Record<string, number>;
  expect(uniform).toBeCloseTo(Math.log(27), 12);
  expect(unigram).toBeLessThan(uniform);
  expect(bigram).toBeLessThan(unigram);
  expect(network).toBeLessThan(bigram - 0.1);
  expect((losses as { step: number }[])[0].step).toBe(0);
  expect(samples).toHaveLength(24);
});

test('any number of threads gives the same bits', async () => {
  const few = ['--steps', '20', '--hidden', '16', '--batch', '60'];
  const runs: Record<string, unknown>[] = [];
  for (const threads of ['1', ...onlyInAll('2'), '3']) {
    const { stdout } = await gradloom(['experiment', 'next-token', '--json', '--threads', threads, ...few]);
    runs.push(JSON.parse(stdout));
  }
  for (const run of runs) expect(run).toEqual(runs[0]);
  expect(runs[0].fingerprint).toMatch(/^[\da-f]{64}$/);
});

describe('a value that does not fit is refused with its flag', () => {
  test.each([
    ['--context', '0', 'a whole number from 1 to 32'],
    ['--context', '33', 'a whole number from 1 to 32'],
    ['--temperature', '-1', 'a number of at least 0'],
    ['--samples', '1.5', 'a whole number of at least 0'],
    ['--hidden', '0', 'a whole number of at least 1'],
    ['--lr', '0', 'a number above 0'],
  ])('%s %s', async (flag, value, expected) => {
    const { code, stdout, stderr } = await gradloom(['experiment', 'next-token', `${flag}=${value}`]);
    expect(stderr).toBe(`gradloom experiment: ${flag} has ${value}, expected ${expected}\n`);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });
});
