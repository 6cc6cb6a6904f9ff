import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  bar,
  createSeries,
  sparkline,
  wholePercent,
} from '../../../../../packages/cli/src/commands/train/terminal-reporter.ts';

test('a curve of values above 0 is logarithmic: each power of ten is as high as the next', () => {
  expect(sparkline([1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1], 8)).toBe('▁▂▃▄▅▆▇█');
  expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8)).toBe('▁▂▃▄▅▆▇█');
  expect(sparkline([-1, -8], 8)).toBe('█▁');
  expect(sparkline([3, 3, 3], 8)).toBe('▅▅▅');
  expect(sparkline([], 8)).toBe('');
});

test('a curve has a column for each value, or means of all values in as many as there are', () => {
  expect(sparkline([1, 3, 0, 0, 7, 9], 3)).toBe('▃▁█');
  expect(sparkline([0, -Number.MIN_VALUE], 2)).toHaveLength(2);
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { maxLength: 200 }),
      fc.integer({ min: 1, max: 60 }),
      (values, width) => {
        expect(sparkline(values, width)).toHaveLength(Math.min(values.length, width));
      },
    ),
  );
});

test('a series of any length keeps at most its limit, each the mean of as many values, in order', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2000 }), (length) => {
      const series = createSeries(8);
      for (let k = 0; k < length; k++) series.add(k);
      const means = series.read();
      expect(means.length).toBeLessThanOrEqual(8);
      if (length <= 7) expect(means).toEqual(Array.from({ length }, (_, k) => k));
      // Means of s values each: (s-1)/2, then s more each time; the last may be of fewer.
      const s = 2 * (means[0] ?? 0) + 1;
      const whole = Math.floor(length / s);
      expect(means.slice(0, whole)).toEqual(Array.from({ length: whole }, (_, k) => k * s + (s - 1) / 2));
      expect(means).toHaveLength(Math.ceil(length / s));
    }),
  );
});

test('a bar is full at the end and not before', () => {
  expect(bar(1, 10)).toEqual(['█'.repeat(10), '']);
  expect(bar(0.9999, 10)).toEqual(['█'.repeat(9), '░']);
  expect(bar(0, 3)).toEqual(['', '░░░']);
  expect([0, 0.9999, 1].map(wholePercent)).toEqual(['0 %', '99 %', '100 %']);
});
