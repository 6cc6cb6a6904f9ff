import { describe, expect, test } from 'vitest';
import { createRandom, shuffle, streamKey } from '../../../../../packages/core/src/math/random/index.ts';
import { chiSquareScore } from '../../../../support/chi-square.ts';

const LARGEST_SEED = Number.MAX_SAFE_INTEGER;

/** Counts of `cell` over n draws. */
function histogram(cells: number, n: number, cell: () => number): Uint32Array {
  const counts = new Uint32Array(cells);
  for (let i = 0; i < n; i++) counts[cell()]++;
  return counts;
}

/** Φ(z) by the midpoint rule, good to 1e-6: enough to cut the line into equally likely cells. */
function normalCdf(z: number): number {
  const steps = 400;
  let area = 0;
  for (let i = 0; i < steps; i++) area += Math.exp(-0.5 * ((z * (i + 0.5)) / steps) ** 2);
  return 0.5 + (area * z) / steps / Math.sqrt(2 * Math.PI);
}

describe('a stream', () => {
  test('is a function of seed and stream', () => {
    const a = createRandom(5, 'shuffle', 3);
    const b = createRandom(5, 'shuffle', 3);
    for (let i = 0; i < 20; i++) expect(a.uint32()).toBe(b.uint32());
  });

  const streams: [number, ...(number | string)[]][] = [
    [5],
    [6],
    [5 + 2 ** 32],
    [LARGEST_SEED],
    [5, 0],
    [5, 0, 0],
    [5, 1],
    [5, 2 ** 32],
    [5, '0'],
    [5, ''],
    [5, '', ''],
    [5, 'ab'],
    [5, 'a', 'b'],
    [5, 'ba'],
    [5, 'a', 98],
    [5, 'shuffle', 3],
    [5, 'shuffle', 4],
  ];

  test('has a key of its own', () => {
    const keys = streams.map((stream) => streamKey(...stream).join());
    expect(new Set(keys).size).toBe(streams.length);
  });

  test('has no words in common with other streams', () => {
    const words = streams.flatMap((stream) => {
      const random = createRandom(...stream);
      return Array.from({ length: 100 }, () => random.uint32());
    });
    expect(new Set(words).size).toBe(words.length); // by chance, 0.0003 pairs would meet
  });

  test('is uncorrelated with the next epoch of the same purpose', () => {
    const n = 20_000;
    let sum = 0;
    for (let i = 0; i < n; i++) {
      sum += (createRandom(1, 'shuffle', i).uniform() - 0.5) * (createRandom(1, 'shuffle', i + 1).uniform() - 0.5);
    }
    expect(Math.abs((12 * sum) / Math.sqrt(n))).toBeLessThan(3.5); // variance of the product: 1/144
  });

  test.each([-1, 1.5, 2 ** 53, Number.NaN])('refuses the seed %d', (seed) => {
    expect(() => createRandom(seed)).toThrow(`createRandom: seed has ${seed}, expected a whole number of at least 0`);
  });

  test('refuses a negative number', () => {
    expect(() => createRandom(1, 'shuffle', -1)).toThrow('createRandom: stream has -1');
  });
});

describe('draws', () => {
  test.each([0, 1, LARGEST_SEED])('uint32 fills the 256 values of each byte evenly, seed %d', (seed) => {
    for (const shift of [0, 8, 16, 24]) {
      const random = createRandom(seed, 'bytes', shift);
      const counts = histogram(256, 100_000, () => (random.uint32() >>> shift) & 255);
      expect(Math.abs(chiSquareScore(counts))).toBeLessThan(4);
    }
  });

  test('uniform fills [0, 1) evenly, and successive pairs the square', () => {
    const random = createRandom(1);
    expect(Math.abs(chiSquareScore(histogram(100, 100_000, () => Math.floor(100 * random.uniform()))))).toBeLessThan(4);
    const cell = () => 16 * Math.floor(16 * random.uniform()) + Math.floor(16 * random.uniform());
    expect(Math.abs(chiSquareScore(histogram(256, 100_000, cell)))).toBeLessThan(4);
  });

  test('uniform has 53 bits, all of them even', () => {
    const random = createRandom(1);
    for (const shift of [0, 10, 20, 30, 40, 47]) {
      const counts = histogram(64, 20_000, () => Math.floor((random.uniform() * 2 ** 53) / 2 ** shift) % 64);
      expect(Math.abs(chiSquareScore(counts))).toBeLessThan(4);
    }
  });

  test('normal fills 50 equally likely intervals evenly', () => {
    const random = createRandom(1);
    const counts = histogram(50, 50_000, () => Math.floor(50 * normalCdf(random.normal())));
    expect(Math.abs(chiSquareScore(counts))).toBeLessThan(4);
  });

  test('both normals of a pair, and their product, have the right mean and variance', () => {
    const random = createRandom(2);
    const n = 100_000;
    const sums = [0, 0, 0, 0, 0];
    for (let i = 0; i < n; i++) {
      const [a, b] = [random.normal(), random.normal()];
      for (const [k, value] of [a, b, a * b, (a * a - 1) / Math.SQRT2, (b * b - 1) / Math.SQRT2].entries())
        sums[k] += value;
    }
    for (const sum of sums) expect(Math.abs(sum) / Math.sqrt(n)).toBeLessThan(3.5);
  });

  test.each([1, 2, 3, 7, 100])('integer(%i) fills 0 .. n - 1 evenly', (n) => {
    const random = createRandom(1, n);
    const counts = histogram(n, 50_000, () => random.integer(n));
    expect(counts.reduce((sum, count) => sum + count)).toBe(50_000);
    if (n > 1) expect(Math.abs(chiSquareScore(counts))).toBeLessThan(4);
  });

  test('integer has no bias where n is 3/4 of all words', () => {
    // A remainder alone would make the first third of 0 .. n - 1 twice as likely.
    const n = 3 * 2 ** 30;
    const random = createRandom(1);
    const counts = histogram(3, 30_000, () => Math.floor((3 * random.integer(n)) / n));
    expect(Math.abs(chiSquareScore(counts))).toBeLessThan(4);
  });

  test('integer takes n up to 2³²', () => {
    const random = createRandom(1);
    const word = createRandom(1);
    expect(random.integer(2 ** 32)).toBe(word.uint32());
  });
});

describe('shuffle', () => {
  test('keeps every index once', () => {
    const indices = Uint32Array.from({ length: 1000 }, (_, i) => i);
    shuffle(indices, createRandom(1));
    expect(indices.slice(0, 5)).not.toEqual(Uint32Array.of(0, 1, 2, 3, 4));
    expect([...indices].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  });

  test('makes all 24 orders of four equally likely', () => {
    const random = createRandom(1);
    const counts = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const indices = Uint32Array.of(0, 1, 2, 3);
      shuffle(indices, random);
      counts.set(indices.join(), (counts.get(indices.join()) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    expect(Math.abs(chiSquareScore([...counts.values()]))).toBeLessThan(4);
  });

  test('takes no draw for none or one', () => {
    const random = createRandom(1);
    shuffle(new Uint32Array(0), random);
    shuffle(new Uint32Array(1), random);
    expect(random.uint32()).toBe(createRandom(1).uint32());
  });
});
