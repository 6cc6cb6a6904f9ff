import { describe, expect, test } from 'vitest';
import { expectAgreement, expectNarrow, experimentJson } from '../../../support/experiment.ts';

describe('from seed 0', () => {
  test("all printed digits are the chapter's, and NumPy's where those are not known", async () => {
    const { findings, finalLoss, losses } = await experimentJson('xor');
    expectAgreement(findings, [
      ...['9', '0.254547', '0.000924', '0.000383', '0.000239', '0.000173', '0.0129', '0.9890', '0.9889', '0.0114'],
      ...[
        ...['0.000135', '6.76413367', '4.75010171', '6.93424028', '4.7872066', '-3.07958564', '-7.31569374'],
        ...['10.31443483', '-11.08136908', '-4.78131548'],
        ...['0.044', '0.001', '0.979', '0.074', '0.976', '0.071', '1.000', '0.902'],
      ].map((digits) => `NumPy: ${digits}`),
    ]);
    // What NumPy itself prints for the loss of epoch 9999.
    expect(Math.abs(Number(finalLoss) / 0.00013514743716568723 - 1)).toBeLessThan(1e-10);
    expect(Object.keys(losses as object)).toEqual(['0', '2000', '4000', '6000', '8000']);
  });

  test('one, two and three threads give the same bits', async () => {
    const runs = await Promise.all(['1', '2', '3'].map((threads) => experimentJson('xor', '--threads', threads)));
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).toEqual(runs[0]);
    expect(runs[0]).toMatchObject({ seed: 0, fingerprint: expect.stringMatching(/^[\da-f]{64}$/) });
    expect(runs[0].parameters).toBe(9);
  });

  test('the output fits 80 columns', async () => {
    await expectNarrow('xor');
  });
});

test('the start of seed 42 stays at 0.1252, others learn', async () => {
  const { finalLosses, neverLearn, findings } = await experimentJson('xor', '--seeds', '40..43');
  expect(findings.map(({ paper, agrees }) => [paper?.printed, agrees])).toEqual([['0.1252', true]]);
  expect(Object.keys(finalLosses as object)).toEqual(['40', '41', '42', '43']);
  expect(neverLearn).toContain(42);
  expect((await experimentJson('xor', '--seed', '42')).finalLoss).toBe((finalLosses as Record<string, number>)[42]);
});
