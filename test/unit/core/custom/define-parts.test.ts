import {
  buildNetwork,
  type CustomLayer,
  createLoss,
  createRandom,
  defineLayer,
  defineLoss,
  referenceKernels,
} from '@gradloom/core';
import { collectParts, createList, NO_BATCH, NO_TEAM_MEMORY, noMemory, runCalls } from '@gradloom/core/internal';
import { describe, expect, test } from 'vitest';

const collect = (part: object) => collectParts([{ source: 'parts.js', exports: { part } }]);

describe('an own loss', () => {
  const ofRow = defineLoss({
    name: 'of-row',
    targets: 'values',
    threshold: 0,
    ofRow(dy, y, t, n, O) {
      let sum = 0;
      for (let i = n * O; i < (n + 1) * O; i++) {
        sum += (y[i] - t[i]) ** 2;
        dy[i] = 2 * (y[i] - t[i]);
      }
      return sum;
    },
  });
  const ofOutput = defineLoss({
    name: 'of-output',
    value: (y, t) => (y - t) ** 2,
    derivative: (y, t) => 2 * (y - t),
    over: 'sum',
    threshold: 0,
  });

  test.each([ofRow, ofOutput])('of rows or of outputs is summed leaf by leaf: $name', (part) => {
    const loss = createLoss(part.spec(), collect(part));
    const [B, leaf, O] = [8, 3, 2];
    const random = createRandom(1, 'own loss');
    const [y, t] = [0, 1].map(() => Float64Array.from({ length: B * O }, () => random.normal()));
    const [sums, dy] = [new Float64Array(3), new Float64Array(B * O)];
    loss.evaluate(sums, dy, y, t, B, leaf, O);
    const rows = Array.from({ length: B }, (_, n) => (y[2 * n] - t[2 * n]) ** 2 + (y[2 * n + 1] - t[2 * n + 1]) ** 2);
    const sumOf = (values: number[]) => values.reduce((sum, value) => sum + value, 0);
    expect([...sums]).toEqual([0, 3, 6].map((first) => sumOf(rows.slice(first, first + 3))));
    expect(dy).toEqual(y.map((value, i) => 2 * (value - t[i])));
  });

  test('of outputs gives floats in a run of floats; what a row returns stays a double', () => {
    const [y, t] = [Float32Array.of(0.1, 0.7, 0.2), Float32Array.of(0.4, 0.1, 0.3)];
    for (const [part, round] of [
      [ofOutput, Math.fround],
      [ofRow, (x: number) => x],
    ] as const) {
      const [sums, dy] = [new Float64Array(1), new Float32Array(3)];
      createLoss(part.spec(), collect(part)).evaluate(sums, dy, y, t, 1, 1, 3);
      const [a, b, c] = [0, 1, 2].map((i) => round((y[i] - t[i]) ** 2));
      // Of outputs o mod 4 is the lane: (l₀ + l₁) + l₂.
      expect(sums[0]).toBe(round(round(a + b) + c));
      expect(dy).toEqual(Float32Array.from(y, (value, i) => 2 * (value - t[i])));
    }
  });

  test.each([ofRow, ofOutput])('answers by the threshold that it states: $name', (part) => {
    expect(createLoss(part.spec(), collect(part)).threshold).toBe(0);
  });
});

const scale = (changes: Partial<CustomLayer> = {}) =>
  defineLayer({
    name: 'scale',
    build: (_options, inputs) => ({
      tensors: [{ name: 'gamma', shape: [inputs], initialize: (out) => void out.fill(1) }],
      forward(y, x, [gamma], B) {
        for (let i = 0; i < B * inputs; i++) y[i] = gamma[i % inputs] * x[i];
      },
      backward(dx, dy, x, _y, [gamma], [dGamma], B) {
        dGamma.fill(0);
        for (let i = 0; i < B * inputs; i++) {
          dx[i] = gamma[i % inputs] * dy[i];
          dGamma[i % inputs] += dy[i] * x[i];
        }
      },
      ...changes,
    }),
  });

describe('an own layer', () => {
  test('is told the shape of a row, and may give another', () => {
    const halves = defineLayer({
      name: 'halves',
      build: (_options, inputs, [height, width, channels]) => ({
        outputs: [height / 2, width, channels],
        forward: (y, x, _tensors, B) => {
          for (let i = 0; i < (B * inputs) / 2; i++) y[i] = x[2 * i];
        },
        backward: () => {},
      }),
    });
    const { layers, output } = buildNetwork({ input: [4, 3, 2], layers: [halves.spec()] }, collect(halves));
    expect(output).toEqual([2, 3, 2]);
    expect(layers[0].label).toBe('halves(4x3x2->2x3x2)');
    expect(() => buildNetwork({ input: [3, 3, 2], layers: [halves.spec()] }, collect(halves))).toThrow(
      'halves: outputs has 1.5, expected a whole number',
    );
  });

  test('has the same gradients where nobody needs that by its inputs, and leaves its inputs as they are', () => {
    const part = scale();
    const [{ layer }] = buildNetwork({ input: 2, layers: [part.spec()] }, collect(part)).allLayers;
    const [x, dy] = [Float64Array.of(1, 2, 3, 4, 5, 6), Float64Array.of(1, -1, 2, 1, 0.5, 3)];
    const gradientOf = (dx: Float64Array | null): Float64Array => {
      const memory = layer.createMemory?.(3, (length) => new Float64Array(length), NO_TEAM_MEMORY) ?? noMemory;
      const { calls, emit } = createList();
      const stepAndRow = new Float64Array(2);
      const pass = {
        emit,
        training: true,
        seed: 0,
        leafRows: 2,
        accumulate: false,
        batch: NO_BATCH,
        stepAndRow,
        lengths: [],
      };
      const [y, gamma, dGamma] = [new Float64Array(6), Float64Array.of(2, 3), new Float64Array(2)];
      layer.forward(y, [x], [gamma], 3, pass, memory);
      layer.backward([dx], dy, [x], y, [gamma], [dGamma], 3, pass, memory);
      runCalls(calls, referenceKernels);
      return dGamma;
    };
    const dx = new Float64Array(6);
    expect([...gradientOf(dx)]).toEqual([1 + 6 + 2.5, -2 + 4 + 18]);
    expect([...dx]).toEqual([2, -3, 4, 3, 1, 9]);
    expect([...gradientOf(null)]).toEqual([1 + 6 + 2.5, -2 + 4 + 18]);
    expect([...x]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test.each<[changes: Partial<CustomLayer>, problem: string]>([
    [{ outputs: 0 }, 'scale: outputs has 0, expected a whole number of at least 1'],
    [{ keeps: -1 }, 'scale: keeps has -1, expected a whole number of at least 1'],
    [
      { tensors: [{ name: 'gamma', shape: [2, 0.5], initialize: () => {} }] },
      'scale: the shape of gamma has 0.5, expected a whole number of at least 1',
    ],
  ])('of sizes %j is refused', (changes, problem) => {
    const part = scale(changes);
    expect(() => buildNetwork({ input: 2, layers: [part.spec()] }, collect(part))).toThrow(problem);
  });
});
