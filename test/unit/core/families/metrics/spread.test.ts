import { expect, test } from 'vitest';
import { metrics } from '../../../../../packages/core/src/families/metrics/index.ts';
import { createSpread } from '../../../../../packages/core/src/families/metrics/spread.ts';
import { createRandom, type Random } from '../../../../../packages/core/src/math/random/index.ts';
import { propertySeed } from '../../../../support/seed.ts';

const view = new DataView(new ArrayBuffer(8));

/** A double in units of 2⁻¹⁰⁷⁴. */
function exactly(x: number): bigint {
  view.setFloat64(0, x);
  const bits = view.getBigUint64(0);
  const exponent = (bits >> 52n) & 0x7ffn;
  const fraction = bits & 0xfffffffffffffn;
  const size = exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n);
  return x < 0 ? -size : size;
}

const total = (values: readonly bigint[]): bigint => values.reduce((sum, value) => sum + value, 0n);
const sizeOf = (n: bigint): bigint => (n < 0n ? -n : n);

/** N² times the mean square about the mean, or about 0. */
const aboutMean = (v: readonly bigint[]): bigint => BigInt(v.length) * total(v.map((x) => x * x)) - total(v) ** 2n;
const aboutZero = (v: readonly bigint[]): bigint => BigInt(v.length) * total(v.map((x) => x * x));

/** The share a / b of whole numbers, rounded to 2⁻²⁰⁰. */
const share = (a: bigint, b: bigint): number => Number((a << 200n) / b) / 2 ** 200;

const N = 100;
const column = (of: (random: Random, n: number) => number, seed: number): number[] => {
  const random = createRandom(seed + propertySeed, 'spread');
  return Array.from({ length: N }, (_, n) => of(random, n));
};

const columns: [title: string, of: (random: Random, n: number) => number][] = [
  ...[0, 1e6, 1e8, 1e15].flatMap((mean): [string, (random: Random) => number][] => [
    [`${mean} and deviations of 1`, (random) => mean + random.normal()],
    [`${mean} and deviations of 5e-6`, (random) => mean + 5e-6 * random.normal()],
    [`${mean} and one of 0.19`, (random) => (random.uniform() < 0.05 ? 0.19 : mean)],
  ]),
  ['an outlier first', (random, n) => (n === 0 ? -1e20 : 1e8 + random.normal())],
  ['an outlier last', (random, n) => (n === N - 1 ? 1e300 : 1e8 + random.normal())],
  ['sizes of 1e300', (random) => 1e300 * random.normal()],
  ['sizes up to the largest', (random) => Number.MAX_VALUE * (2 * random.uniform() - 1)],
  ['the largest of both signs', (_, n) => (n % 3 === 0 ? -1 : 1) * Number.MAX_VALUE],
  ['sizes of 1e-300', (random) => 1e-300 * random.normal()],
  ['sizes of 1e-160 about 1e-150', (random) => 1e-150 + 1e-160 * random.normal()],
  ['every size', (random) => (random.uniform() < 0.5 ? -1 : 1) * 2 ** (2000 * random.uniform() - 1000)],
  ['sizes about 2⁻⁴⁰⁰', (random) => 2 ** (-403 + 6 * random.uniform())],
  ['sizes about 2⁴⁰⁰', (random) => 2 ** (397 + 6 * random.uniform())],
];

test.each(columns)('mean and deviation of %s are those of exact fractions', (_title, of) => {
  for (let seed = 0; seed < 8; seed++) {
    const values = column(of, seed);
    const spread = createSpread();
    for (const value of values) spread.add(value);
    const exact = values.map(exactly);
    const squares = aboutMean(exact);
    if (squares === 0n) expect(spread.deviation()).toBe(0);
    else {
      const scaled = BigInt(N) * exactly(spread.deviation());
      expect(Math.abs(share(scaled * scaled - squares, squares))).toBeLessThan(2 ** -50);
    }
    // Within a unit of its last digit.
    const mean = exactly(spread.mean());
    expect(sizeOf(BigInt(N) * mean - total(exact))).toBeLessThanOrEqual(BigInt(N) * ((sizeOf(mean) >> 52n) + 1n));
  }
});

test('equal numbers have no deviation, and their mean is the number', () => {
  const random = createRandom(7 + propertySeed, 'constants');
  const drawn = Array.from({ length: 300 }, () => random.normal() * 10 ** (300 * (2 * random.uniform() - 1)));
  for (const value of [0.19, 0.1, 1 / 3, 1e300, Number.MAX_VALUE, Number.MIN_VALUE, -1e-310, 0, ...drawn]) {
    const spread = createSpread();
    for (let rows = 1 + random.integer(400); rows > 0; rows--) spread.add(value);
    expect(spread.mean()).toBe(value);
    expect(spread.deviation()).toBe(0);
  }
});

test.each(columns)('figures of targets %s are those of exact fractions', (_title, of) => {
  for (let seed = 0; seed < 4; seed++) {
    const t = column(of, seed);
    const random = createRandom(seed + propertySeed, 'outputs');
    const { mean, deviation } = spreadOf(t);
    const y = t.map((value) => value / 2 + (mean / 2 + 0.3 * deviation * random.normal()));
    if (!y.every(Number.isFinite)) continue;
    const [e, exact] = [y.map((value, n) => exactly(value) - exactly(t[n])), t.map(exactly)];
    const all = aboutMean(exact);
    const measure = (name: 'mae' | 'rmse' | 'r2' | 'explained-variance') => {
      const metric = metrics[name]();
      metric.add(Float64Array.from(y), Float64Array.from(t), N, 1);
      return metric.value();
    };
    const near = (value: number, exact: number) =>
      expect(Math.abs(value - exact)).toBeLessThan(1e-14 * Math.max(1, Math.abs(1 - exact)));
    if (all > 0n) {
      near(measure('r2'), 1 - share(aboutZero(e), all));
      near(measure('explained-variance'), 1 - share(aboutMean(e), all));
    } else expect([measure('r2'), measure('explained-variance')]).toEqual([Number.NaN, Number.NaN]);
    const absolute = total(e.map(sizeOf));
    if (absolute === 0n) continue;
    expect(share(BigInt(N) * exactly(measure('mae')), absolute)).toBeCloseTo(1, 14);
    const root = BigInt(N) * exactly(measure('rmse'));
    expect(share(root * root, aboutZero(e))).toBeCloseTo(1, 14);
  }
});

function spreadOf(values: readonly number[]): { mean: number; deviation: number } {
  const { add, mean, deviation } = createSpread();
  for (const value of values) add(value);
  return { mean: mean(), deviation: deviation() };
}
