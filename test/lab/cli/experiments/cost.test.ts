import { describe, expect, test } from 'vitest';
import { countProducts, networkOf, squareNet } from '../../../../packages/cli/src/lab/experiments/cost/cost.ts';
import { gradloom } from '../../../support/command-line.ts';
import { expectAgreement, expectNarrow, experimentJson, slipsOf } from '../../../support/experiment.ts';
import { needs } from '../../../support/needs.ts';

test('each weight has one multiply-add in each product, and the first layer no dx', () => {
  expect(countProducts(networkOf(3, [5, 2]))).toEqual({ y: 3 * 5 + 5 * 2, dW: 3 * 5 + 5 * 2, dx: 5 * 2 });
  expect(countProducts(squareNet(1, 4))).toEqual({ y: 16, dW: 16, dx: 0 });
  expect(countProducts(squareNet(3, 4))).toEqual({ y: 48, dW: 48, dx: 32 });
});

test('every depth and width is counted and timed in every round', async () => {
  const flags = ['--depth', '1,3', '--width', '5,8', '--batch', '4', '--rounds', '3'];
  const { findings, rounds, cases } = await experimentJson('cost', ...flags);
  expectAgreement(findings, ['2-3 times']);
  expect(slipsOf(findings)).toEqual(['backward of 100 layers, counted']);
  expect(rounds).toBe(3);
  const timed = cases as Record<string, number>[];
  expect(timed.map(({ depth, width, counted }) => [depth, width, counted])).toEqual([
    [1, 5, 1],
    [1, 8, 1],
    [3, 5, 2 - 1 / 3],
    [3, 8, 2 - 1 / 3],
  ]);
  for (const { forwardMs, backwardMs, ratio, fastestRatio } of timed) {
    for (const figure of [forwardMs, backwardMs, ratio, fastestRatio]) expect(figure).toBeGreaterThan(0);
  }
});

describe.each(['reference', 'blas'] as const)('on %s', (backend) => {
  test('it runs', needs(backend), async () => {
    const flags = ['--depth', '2', '--width', '8', '--rounds', '1', '--backend', backend];
    expect(await experimentJson('cost', ...flags)).toMatchObject({ backend, rounds: 1 });
  });
});

test.each(['depth', 'width'])('without a --%s there is nothing to time', async (flag) => {
  const { code, stderr } = await gradloom(['experiment', 'cost', `--${flag}`, 'none']);
  expect(stderr).toContain(`--${flag} has none, expected at least one whole number`);
  expect(code).toBe(2);
});

test('the output fits 80 columns', async () => {
  expect(await expectNarrow('cost', '--rounds', '2')).toContain('2 - 1/L');
});
