import { buildNetwork, createRandom, type LayerSpec, selfAttention } from '@gradloom/core';
import { rotaryTable } from '@gradloom/core/internal';
import { describe, expect, test } from 'vitest';
import { firstDifference } from '../../../../support/bits.ts';
import { maxError } from '../../../../support/errors.ts';
import { runLayer } from '../../../../support/one-layer.ts';

const [T, C] = [6, 4];
const random = createRandom(2, 'attention');
const normals = (length: number): number[] => Array.from({ length }, () => random.normal());
const variants: LayerSpec[] = [true, false].flatMap((causal) => [
  ...[true, false].map((rotary): LayerSpec => ({ kind: 'self-attention', heads: 2, causal, rotary })),
  { kind: 'self-attention', heads: 4, keyHeads: 2, headSize: 6, causal, rotary: true, theta: 100, outBias: false },
]);
/** Biases of their own, so that padding would show them. */
const parametersOf = (spec: LayerSpec): number[][] =>
  buildNetwork({ input: [T, C], layers: [spec] }).tensors.map(({ length }) => normals(length));

describe.each(variants)('%j', (spec) => {
  const parameters = parametersOf(spec);
  const row = normals(T * C);
  const dy = (o: number) => Math.sin(o + 1);

  test.each([1, 2, 5])('%i real positions have the outputs and gradients of a sequence without padding', (length) => {
    const input = [T, C];
    const short = runLayer(spec, [row.slice(0, length * C)], dy, { input: [length, C], parameters });
    const padded = runLayer(spec, [row], dy, { input, lengths: [length], parameters });
    const zeros = new Array<number>((T - length) * C).fill(0);
    expect(firstDifference(padded.y, [...short.y, ...zeros])).toBeNull();
    expect(firstDifference(padded.dx, [...short.dx, ...zeros])).toBeNull();
    for (const [k, gradient] of padded.gradients.entries()) {
      expect(firstDifference(gradient, short.gradients[k])).toBeNull();
    }
  });
});

test('a causal position does not depend on those after it, another one does', () => {
  const row = normals(T * C);
  const changed = row.map((value, i) => (i < 3 * C ? value : -value));
  for (const causal of [true, false]) {
    const spec: LayerSpec = { kind: 'self-attention', heads: 2, causal };
    const parameters = parametersOf(spec);
    const [one, other] = [row, changed].map(
      (x) => runLayer(spec, [x], () => 0, { input: [T, C], parameters }).y.slice(0, 3 * C), // of the first positions
    );
    expect(firstDifference(one, other) === null).toBe(causal);
  }
});

test('a program says whether attention is causal; a file of an earlier version, which does not, is read as causal', () => {
  // @ts-expect-error: `causal` is missing.
  expect(() => selfAttention(2)).toThrow('selfAttention: causal is missing, expected true or false');
  // @ts-expect-error: likewise.
  expect(() => selfAttention(2, { bias: false })).toThrow('selfAttention: causal is missing, expected true or false');
  // @ts-expect-error: likewise, in JSON that a program writes.
  const spec: LayerSpec = { kind: 'self-attention', heads: 2 };
  const [row, parameters] = [normals(T * C), parametersOf(selfAttention(2, { causal: true }))];
  const [read, causal] = [spec, selfAttention(2, { causal: true })].map(
    (layer) => runLayer(layer, [row], () => 0, { input: [T, C], parameters }).y,
  );
  expect(read).toEqual(causal);
});

test('scores of rotary attention depend on the distance of positions alone', () => {
  // The same vector everywhere: without positions all weights of a query would be equal.
  const vector = normals(C);
  const spec: LayerSpec = { kind: 'self-attention', heads: 1, causal: false, rotary: true, bias: false };
  const Wqkv = normals(3 * C * C);
  // Values are places: y[t] is the mean place that t reads.
  const x = Array.from({ length: T }, (_, t) => [...vector.slice(0, C - 1), t]).flat();
  const flat = Wqkv.map((w, i) => {
    const [from, to] = [Math.floor(i / (3 * C)), i % (3 * C)];
    if (to >= 2 * C) return from === C - 1 && to === 3 * C - 1 ? 1 : 0;
    return from === C - 1 ? 0 : w;
  });
  const Wo = Array.from({ length: C * C }, (_, i) => (i % (C + 1) === 0 ? 1 : 0));
  const { y } = runLayer(spec, [x], () => 0, { input: [T, C], parameters: [flat, Wo] });
  const lastChannel = (t: number): number => y[t * C + C - 1];
  const [q, k] = [0, 1].map((part) =>
    Array.from({ length: C }, (_, j) =>
      vector.slice(0, C - 1).reduce((sum, value, i) => sum + value * flat[i * 3 * C + part * C + j], 0),
    ),
  );
  const half = C / 2;
  const score = (distance: number): number =>
    Array.from({ length: half }, (_, i) => {
      const angle = distance * 10_000 ** ((-2 * i) / C);
      const [along, across] = [q[i] * k[i] + q[i + half] * k[i + half], q[i] * k[i + half] - q[i + half] * k[i]];
      return along * Math.cos(angle) - across * Math.sin(angle);
    }).reduce((sum, term) => sum + term, 0) / Math.sqrt(C);
  const expected = Array.from({ length: T }, (_, t) => {
    const weights = Array.from({ length: T }, (_, u) => Math.exp(score(u - t)));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return weights.reduce((mean, weight, u) => mean + (weight / sum) * u, 0);
  });
  expect(
    maxError(
      Array.from({ length: T }, (_, t) => lastChannel(t)),
      expected,
    ),
  ).toBeLessThan(1e-12);
});

test('heads that share keys are those of a network that has the keys once for each head', () => {
  const [heads, keyHeads, d] = [4, 2, 3];
  const options = { kind: 'self-attention', heads, headSize: d, causal: true, bias: false } as const;
  const [Wqkv, Wo] = parametersOf({ ...options, keyHeads });
  const columns = (heads + 2 * keyHeads) * d;
  // The columns of the queries, and those of the keys and of the values of the head that each head reads.
  const order = [...Array(3 * heads * d).keys()].map((column) => {
    const [part, h, j] = [Math.floor(column / (heads * d)), Math.floor(column / d) % heads, column % d];
    return part === 0 ? column : (heads + (part - 1) * keyHeads + Math.floor(h / 2)) * d + j;
  });
  const repeated = Array.from({ length: C }, (_, c) => order.map((column) => Wqkv[c * columns + column])).flat();
  const [row, dy] = [normals(T * C), (o: number) => Math.cos(o)];
  const [shared, apart] = [
    runLayer({ ...options, keyHeads }, [row], dy, { input: [T, C], parameters: [Wqkv, Wo] }),
    runLayer(options, [row], dy, { input: [T, C], parameters: [repeated, Wo] }),
  ];
  expect(firstDifference(shared.y, apart.y)).toBeNull();
  expect(maxError(shared.dx, apart.dx)).toBeLessThan(1e-12);
  const summed = new Array<number>(C * columns).fill(0);
  for (let i = 0; i < apart.gradients[0].length; i++) {
    summed[Math.floor(i / order.length) * columns + order[i % order.length]] += apart.gradients[0][i];
  }
  expect(maxError(shared.gradients[0], summed)).toBeLessThan(1e-12);
});

test('the factor of rotary angles divides the slow ones, leaves the fast ones, and joins both', () => {
  const [T, d, theta, context] = [5, 8, 50, 20];
  const [low, high, factor] = [0.4, 2, 4];
  const rates = [0, 1, 2, 3].map((i) => theta ** ((-2 * i) / d));
  const wavelengths = rates.map((rate) => (2 * Math.PI) / rate);
  // As in the code of Llama 3.1.
  const slower = rates.map((rate, i) => {
    if (wavelengths[i] < context / high) return rate;
    if (wavelengths[i] > context / low) return rate / factor;
    const smooth = (context / wavelengths[i] - low) / (high - low);
    return ((1 - smooth) * rate) / factor + smooth * rate;
  });
  expect(slower.map((rate, i) => rate / rates[i])).toEqual([1, expect.closeTo(0.62, 2), expect.closeTo(0.27, 2), 0.25]);
  const tableOf = (slower: readonly number[]) =>
    Array.from({ length: T }, (_, t) => [
      ...slower.map((rate) => Math.cos(t * rate)),
      ...slower.map((rate) => Math.sin(t * rate)),
    ]).flat();
  const table = new Float64Array(T * d);
  rotaryTable(table, T, d, theta, factor, low, high, context);
  expect(maxError(table, tableOf(slower))).toBeLessThan(1e-14);
  // Without positions to count turns in, all are divided.
  rotaryTable(table, T, d, theta, factor, 0, 1, 0);
  expect(maxError(table, tableOf(rates.map((rate) => rate / factor)))).toBeLessThan(1e-14);
});

test('dropout leaves out weights, each with its probability, and scales the others', () => {
  const rate = 0.25;
  const [length, rows] = [8, 40];
  const spec: LayerSpec = { kind: 'self-attention', heads: 1, causal: false, dropout: rate, bias: false };
  // All weights are 1 / length, and values are 1: y is the share of the weights that are kept, scaled.
  const Wqkv = [0, 0, 1];
  const x = Array.from({ length: rows }, () => new Array<number>(length).fill(1));
  const { y } = runLayer(spec, x, () => 0, { input: [length, 1], parameters: [Wqkv, [1]] });
  const kept = [...y].map((value) => value * length * (1 - rate));
  for (const count of kept) expect(Math.abs(count - Math.round(count))).toBeLessThan(1e-12);
  const n = rows * length * length;
  const mean = kept.reduce((sum, count) => sum + count, 0) / n;
  expect(Math.abs(mean - (1 - rate))).toBeLessThan(4 * Math.sqrt((rate * (1 - rate)) / n));
  expect(new Set(kept.map(Math.round)).size).toBeGreaterThan(3);
});

test.each([
  [{ heads: 3 }, 'self-attention: heads has 3, expected a divisor of 4 (channels of the input)'],
  [
    { heads: 4, rotary: true },
    'heads has 4, expected heads with an even number (each has 1 of 4 channels, and rotary takes them in pairs)',
  ],
  [{ heads: 4, keyHeads: 3 }, 'self-attention: keyHeads has 3, expected a divisor of 4 (heads)'],
  [
    { heads: 2, rotaryScaling: { factor: 2, low: 4, high: 1 } },
    'self-attention: rotaryScaling has {"factor":2,"low":4,"high":1}, expected an object such as { factor: 8, ',
  ],
])('%j is refused', (options, message) => {
  const layers: LayerSpec[] = [{ kind: 'self-attention', causal: true, ...options }];
  expect(() => buildNetwork({ input: [T, C], layers })).toThrow(message);
});

test('rows that are no sequences are refused', () => {
  expect(() =>
    buildNetwork({ input: [2, 3, 4], layers: [{ kind: 'self-attention', heads: 2, causal: true }] }),
  ).toThrow('self-attention: input has shape [2, 3, 4], expected [length, channels]');
});
