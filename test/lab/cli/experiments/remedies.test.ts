import { beforeAll, describe, expect, test } from 'vitest';
import { gradloom } from '../../../support/command-line.ts';
import { onlyInAll } from '../../../support/count.ts';
import { experimentJson, printedAndJson } from '../../../support/experiment.ts';

interface Figures {
  readonly factorPerLayer: number;
  readonly firstOverLast: number;
  readonly rmsDz: readonly number[];
  readonly rate: number;
  readonly bracketed: boolean;
  readonly finalLoss: number;
  readonly testAccuracy: number;
  readonly trials: readonly { rate: number; loss: number | null; accuracy: number | null }[];
}

const small = ['--dataset', 'blobs', '--depth', '4', '--width', '6', '--steps', '8'];

describe('of a small set', () => {
  let one: Awaited<ReturnType<typeof experimentJson>>;
  let printed: string;
  beforeAll(async () => {
    ({ document: one, text: printed } = await printedAndJson('remedies', ...small, '--seed', '1'));
  });

  test('one and three threads give the same bits', async () => {
    expect(await experimentJson('remedies', ...small, '--seed', '1', '--threads', '3')).toEqual(one);
    expect(one).toMatchObject({ depth: 4, width: 6, steps: 8, findings: [] });
  });

  test('each network is reported at the rate with the lowest loss', () => {
    for (const { rmsDz, firstOverLast, rate, finalLoss, bracketed, trials } of Object.values(
      one.remedies as Record<string, Figures>,
    )) {
      expect(rmsDz).toHaveLength(4);
      expect(firstOverLast).toBe(rmsDz[0] / rmsDz[3]);
      const losses = trials.map(({ loss }) => loss ?? Number.POSITIVE_INFINITY);
      expect(finalLoss).toBe(Math.min(...losses));
      const at = losses.indexOf(finalLoss);
      expect(trials[at].rate).toBe(rate);
      expect(bracketed).toBe(at > 0 && at < trials.length - 1);
    }
  });

  test('the seed changes the weights', async () => {
    expect((await experimentJson('remedies', ...small, '--seed', '2')).remedies).not.toEqual(one.remedies);
  });

  test('the output fits 80 columns', () => {
    expect(printed).toContain('sigmoid, residual');
  });
});

test('a set of values is refused', async () => {
  const { code, stderr } = await gradloom(['experiment', 'remedies', '--dataset', 'sine']);
  expect(stderr).toContain('--dataset has sine, expected one with classes');
  expect(code).toBe(2);
});

test('ten sigmoid layers keep almost nothing of a gradient, residual and batch-normed ones nearly all', async () => {
  const flags = ['--dataset', 'blobs', '--depth', '10', '--width', '8', '--steps', '1'];
  const { remedies } = await experimentJson('remedies', ...flags);
  const { sigmoid, 'sigmoid, residual': residual, 'sigmoid, batch-norm': normed } = remedies as Record<string, Figures>;
  expect(sigmoid.firstOverLast).toBeLessThan(0.25 ** 9);
  expect(normed.factorPerLayer).toBeGreaterThan(0.9);
  expect(residual.factorPerLayer).toBeGreaterThan(0.9);
});

test.each(onlyInAll(20))(
  '%d sigmoid layers do not learn at any rate, but do with a remedy',
  { timeout: 300_000 },
  async () => {
    const { findings, remedies } = await experimentJson('remedies');
    expect(findings.filter(({ agrees }) => agrees !== true)).toEqual([]);
    expect(findings).toHaveLength(15);
    const { sigmoid, 'sigmoid, residual': residual } = remedies as Record<string, Figures>;
    expect(sigmoid.firstOverLast).toBeLessThan(0.25 ** 19);
    expect(residual.factorPerLayer).toBeGreaterThan(0.9);
  },
);
