import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { metrics } from '../../../../../packages/core/src/families/metrics/index.ts';
import type { Metric } from '../../../../../packages/core/src/families/metrics/metric.ts';

interface Case {
  title: string;
  y: number[]; // [N, O]
  t: number[]; // [N, O] or [N]
  figures: Record<string, number | string | null>; // null where it is undefined, '?' where scikit-learn refuses
  calibration?: [mean: number[], share: number[]] | null; // of the bins with rows
}

/** Made by metrics.py beside it. */
const fixture: { binary: Case[]; several: Case[]; values: Case[] } = JSON.parse(
  readFileSync(new URL('../../../../fixtures/metrics.json', import.meta.url), 'utf8'),
);

const kinds = ['binary', 'several', 'values'] as const;
type Kind = (typeof kinds)[number];

/** The metric that a figure such as 'f1 macro' names. */
function create(kind: Kind, figure: string): Metric {
  const [name, average] = figure.split(' ');
  const targets = kind === 'several' ? 'classes' : 'values';
  const options = { targets, ...(average === undefined ? {} : { average }) };
  const table: Record<string, (options: never) => Metric<number | Float64Array>> = metrics;
  return table[name]((kind === 'values' ? {} : options) as never) as Metric;
}

const measure = (metric: Metric, { y, t }: Case, O: number): number => {
  metric.add(Float64Array.from(y), Float64Array.from(t), y.length / O, O);
  return metric.value();
};

const cases = kinds.flatMap((kind) =>
  fixture[kind].flatMap((one) =>
    Object.keys(one.figures).map((figure): [string, string, Kind, Case] => [one.title, figure, kind, one]),
  ),
);

test.each(cases.filter(([, figure, , one]) => one.figures[figure] !== '?'))(
  '%s: %s is that of scikit-learn',
  (_title, figure, kind, one) => {
    const expected = one.figures[figure];
    const O = kind === 'binary' ? 1 : kind === 'several' ? 4 : one.title === 'two outputs' ? 2 : 1;
    const value = measure(create(kind, figure), one, O);
    if (expected === null) expect(value).toBeNaN();
    else
      expect(Math.abs(value - Number(expected))).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(Number(expected))));
  },
);

describe.each(fixture.binary.filter(({ calibration }) => calibration !== null))('$title', (one) => {
  test('the bins of calibration are those of scikit-learn', () => {
    const metric = metrics.calibration({ targets: 'values' });
    metric.add(Float64Array.from(one.y), Float64Array.from(one.t), one.y.length, 1);
    const bins = metric.value();
    const filled = Array.from({ length: 10 }, (_, k) => 3 * k).filter((at) => bins[at] > 0);
    const [mean, share] = one.calibration ?? [[], []];
    expect(filled).toHaveLength(mean.length);
    for (const [k, at] of filled.entries()) {
      expect(Math.abs(bins[at + 1] - mean[k])).toBeLessThan(1e-12);
      expect(Math.abs(bins[at + 2] - share[k])).toBeLessThan(1e-12);
    }
  });
});
