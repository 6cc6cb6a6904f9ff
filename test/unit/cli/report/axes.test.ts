import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fittingTicks, tick } from '../../../../packages/cli/src/report/axes.ts';
import { barChart } from '../../../../packages/cli/src/report/charts/bar-chart.ts';
import { confusionMatrix } from '../../../../packages/cli/src/report/charts/confusion-matrix.ts';
import { lineChart } from '../../../../packages/cli/src/report/charts/line-chart.ts';
import { propertySeed } from '../../../support/seed.ts';

const textsOf = (drawing: { markup: unknown }) =>
  Array.from(String(drawing.markup).matchAll(/<text[^>]*>([^<]+)<\/text>/g), ([, text]) => text);
const titlesOf = (drawing: { markup: unknown }) =>
  Array.from(String(drawing.markup).matchAll(/<title>([^<]*)<\/title>/g), ([, text]) => text);

describe('a log axis', () => {
  test.each([
    ['of three powers of ten', 0.002, 0.7, ['0.002', '0.005', '0.01', '0.02', '0.05', '0.1', '0.2', '0.5']],
    ['of many', 1e-9, 1, ['10⁻⁸', '10⁻⁶', '10⁻⁴', '0.01', '1']],
  ])('%s has a label at each of its ticks', (_, low, high, labels) => {
    const points = [
      [0, low],
      [1, high],
    ] as const;
    const series = [{ name: 'loss', points }];
    const drawing = lineChart({ series, x: { label: 'step' }, y: { label: 'loss', log: true } })(720);
    expect(textsOf(drawing)).toEqual(expect.arrayContaining(labels));
    const ticks = String(drawing.markup)
      .match(/y-axis tick"[^>]*>(.*?)<\/g>/)?.[1]
      .match(/<path/g)?.length;
    expect(ticks).toBe(labels.length);
  });
});

test('values of lines and bars are shown under the pointer', () => {
  const series = ['training', 'validation'].map((name, k) => ({
    name,
    points: [1, 2, 3].map((epoch) => [epoch, epoch + k / 4] as const),
  }));
  expect(titlesOf(lineChart({ series, x: { label: 'epoch' }, y: { label: 'loss' } })(720))).toEqual(
    [1, 2, 3].map((epoch) => `epoch ${epoch}\ntraining ${epoch}\nvalidation ${epoch + 0.25}`),
  );
  const bars = [{ name: 'adam', value: 3, text: '3.00' }];
  expect(titlesOf(barChart({ bars, x: { label: 'loss' } })(720))).toEqual(['adam: 3.00']);
});

test('the colour of an error is in proportion to its share of the rows of its class', () => {
  const confusion = [
    [90, 10, 0],
    [40, 960, 0],
    [0, 5, 95],
  ];
  const labels = ['a', 'b', 'c'];
  const picture = confusionMatrix({
    split: 'test',
    labels,
    confusion,
    mistakes: [],
    mistakenImages: null,
    calibration: undefined,
    curves: undefined,
    thresholds: undefined,
  });
  expect(picture?.title).toBe('Most frequent error: b predicted as a, 40 of 1,000 rows');
  const markup = String(picture?.draw(720).markup);
  const opacityOf = (title: string) =>
    Number(markup.match(new RegExp(`fill-opacity="([\\d.]+)"[^>]*><title>${title}`))?.[1] ?? Number.NaN);
  const [a, b, c] = ['a predicted as b', 'b predicted as a', 'c predicted as b'].map(opacityOf);
  expect(b / a).toBeCloseTo(0.4);
  expect(c / a).toBeCloseTo(0.5);
  expect(opacityOf('a predicted as a')).toBe(0);
});

test('ticks of a linear axis lie within it, evenly and at round numbers, and their labels do not overlap', () => {
  fc.assert(
    fc.property(
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      fc.double({ min: 1e-3, max: 1e7, noNaN: true }),
      fc.integer({ min: 120, max: 640 }),
      (low, range, room) => {
        const high = low + range;
        const ticks = fittingTicks(low, high, room, 8);
        expect(ticks.length).toBeLessThanOrEqual(8);
        for (const [k, value] of ticks.entries()) {
          expect(value).toBeGreaterThanOrEqual(low - 1e-6 * range);
          expect(value).toBeLessThanOrEqual(high + 1e-6 * range);
          if (k === 0) continue;
          const widths = (tick(value).length + tick(ticks[k - 1]).length) / 2;
          expect(((value - ticks[k - 1]) / range) * room).toBeGreaterThan(7 * widths);
        }
      },
    ),
    { seed: propertySeed },
  );
  expect(fittingTicks(131_000, 757_000, 266, 8)).toEqual([200_000, 400_000, 600_000]);
  expect(fittingTicks(1, 4, 640, 8, 1)).toEqual([1, 2, 3, 4]);
});
