import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fitAmdahl, fitUsl, uslMs } from '../../../../../packages/cli/src/lab/scale/laws.ts';

const counts = [1, 2, 3, 4, 8, 16];
const timings = (stepMs: (threads: number) => number, of: readonly number[] = counts) =>
  of.map((threads) => ({ threads, stepMs: stepMs(threads) }));
const upTo = (max: number) => fc.double({ min: 0, max, noNaN: true });
const anyMs = fc.double({ min: 1e-3, max: 1e4, noNaN: true });

describe("the fit of Amdahl's law", () => {
  test('recovers the serial share and the time of one thread from exact times', () => {
    fc.assert(
      fc.property(upTo(1), anyMs, (serial, firstMs) => {
        const fit = fitAmdahl(timings((T) => firstMs * (serial + (1 - serial) / T)));
        expect(fit?.serial).toBeCloseTo(serial, 9);
        expect((fit?.firstMs ?? 0) / firstMs).toBeCloseTo(1, 9);
        expect(fit?.residual).toBeLessThan(1e-9);
      }),
    );
  });

  test('takes no share below 0 where threads gain more than their number', () => {
    const fit = fitAmdahl(timings((T) => 10 / T ** 1.2));
    expect(fit).toMatchObject({ serial: 0, limit: null });
    expect(fit?.residual).toBeGreaterThan(0.01);
  });

  test('speeds up by at most the inverse of the serial share', () => {
    expect(fitAmdahl(timings((T) => 0.25 + 0.75 / T))?.limit).toBeCloseTo(4, 9);
  });
});

describe('the fit of the universal scalability law', () => {
  test('recovers contention, coherence and the time of one thread from exact times', () => {
    fc.assert(
      fc.property(upTo(0.9), upTo(0.1), anyMs, (contention, coherence, firstMs) => {
        const fit = fitUsl(timings((T) => uslMs({ contention, coherence, firstMs }, T)));
        expect(fit?.contention).toBeCloseTo(contention, 8);
        expect(fit?.coherence).toBeCloseTo(coherence, 8);
        expect((fit?.firstMs ?? 0) / firstMs).toBeCloseTo(1, 8);
        expect(fit?.residual).toBeLessThan(1e-8);
      }),
    );
  });

  test('puts the peak where its own times are least', () => {
    const law = { contention: 0.1, coherence: 0.009, firstMs: 1 };
    const fit = fitUsl(timings((T) => uslMs(law, T)));
    const all = Array.from({ length: 64 }, (_, k) => k + 1);
    const least = all.reduce((a, b) => (uslMs(law, b) < uslMs(law, a) ? b : a));
    expect(Math.round(fit?.peak ?? 0)).toBe(least);
  });

  test('says of two counts that they do not tell coherence from contention', () => {
    const fit = fitUsl(timings((T) => 0.2 + 0.8 / T, [1, 2]));
    expect(fit).toMatchObject({ coherence: null, peak: null });
    expect(fit?.contention).toBeCloseTo(0.2, 9);
  });
});

test('one count has no law', () => {
  expect([fitAmdahl(timings(() => 1, [1])), fitUsl(timings(() => 1, [1]))]).toEqual([null, null]);
});
