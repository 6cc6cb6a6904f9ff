import { buildNetwork, createRandom, initializeParameters, type LayerSpec } from '@gradloom/core';
import { describe, expect, test } from 'vitest';
import { firstDifference } from '../../../../support/bits.ts';
import { runLayer } from '../../../../support/one-layer.ts';

const [T, C, O, B] = [5, 3, 4, 6];
const kinds = ['gru', 'lstm'] as const;
const options = kinds.flatMap((kind) =>
  (['all', 'last'] as const).flatMap((returns) => [false, true].map((reverse) => ({ kind, out: O, returns, reverse }))),
);
const random = createRandom(5, 'rows');
const draw = (length: number) => Array.from({ length }, () => random.normal());
const x = Array.from({ length: B }, () => draw(T * C));
const gradients = draw(B * T * O);
const dy = (o: number) => gradients[o];

/** A row of T positions that begins with `length` of another row. */
const padded = (row: readonly number[], length: number, by: number): number[] => [
  ...row.slice(0, length * C),
  ...Array.from({ length: (T - length) * C }, () => by),
];

describe.each(options)('$kind, returns $returns, reverse $reverse', (spec) => {
  const isAll = spec.returns === 'all';
  const width = isAll ? T * O : O;

  test('padding of every length changes nothing: outputs and gradients are those of the row without it', () => {
    for (let length = 1; length <= T; length++) {
      const rows = x.map((row) => padded(row, length, 7));
      const lengths = rows.map(() => length);
      const run = runLayer(spec, rows, dy, { input: [T, C], lengths });
      const alone = runLayer(
        spec,
        x.map((row) => row.slice(0, length * C)),
        (o) => (isAll ? dy(Math.floor(o / (length * O)) * T * O + (o % (length * O))) : dy(o)),
        { input: [length, C], parameters: run.parameters.map((tensor) => [...tensor]) },
      );
      const kept = (rows: Float64Array, size: number, units: number) =>
        x.flatMap((_, n) => [...rows.subarray(n * size, n * size + length * units)]);
      if (isAll) expect(kept(run.y, width, O)).toEqual([...alone.y]);
      else expect(firstDifference(run.y, alone.y)).toBeNull();
      expect(kept(run.dx, T * C, C)).toEqual([...alone.dx]);
      for (const n of x.keys()) {
        expect(run.dx.slice(n * T * C + length * C, (n + 1) * T * C).every((value) => Object.is(value, 0))).toBe(true);
        if (!isAll) continue;
        expect(run.y.slice(n * T * O + length * O, (n + 1) * T * O).every((value) => Object.is(value, 0))).toBe(true);
      }
      // One position alone is added in leaves of rows, several in pieces: the same sums in another order.
      for (const [k, gradient] of run.gradients.entries()) {
        for (const [i, value] of gradient.entries()) expect(value).toBeCloseTo(alone.gradients[k][i], 12);
      }
    }
  });

  test('rows of different lengths do not see each other', () => {
    const lengths = x.map((_, n) => 1 + (n % T));
    const together = runLayer(spec, x, dy, { input: [T, C], lengths });
    for (const [n, row] of x.entries()) {
      const alone = runLayer(spec, [row], (o) => dy(n * width + o), { input: [T, C], lengths: [lengths[n]] });
      expect(firstDifference(together.y.slice(n * width, (n + 1) * width), alone.y)).toBeNull();
      expect(firstDifference(together.dx.slice(n * T * C, (n + 1) * T * C), alone.dx)).toBeNull();
    }
  });
});

test.each(kinds)('%s from the last position is that of the row turned around', (kind) => {
  const turned = x.map((row) =>
    Array.from({ length: T * C }, (_, i) => row[(T - 1 - Math.floor(i / C)) * C + (i % C)]),
  );
  const [back, ahead] = [
    runLayer({ kind, out: O, reverse: true }, x, dy, { input: [T, C] }),
    runLayer({ kind, out: O }, turned, dy, { input: [T, C] }),
  ];
  for (let at = 0; at < B * T * O; at++) {
    const [n, t, o] = [Math.floor(at / (T * O)), Math.floor(at / O) % T, at % O];
    expect(back.y[at]).toBe(ahead.y[(n * T + T - 1 - t) * O + o]);
  }
});

test.each(kinds)('%s starts with uniform weights of at most 1 / √out, as in PyTorch', (kind) => {
  const network = buildNetwork({ input: [3, 20], layers: [{ kind, out: 25 }] });
  const theta = new Float64Array(network.parameterCount);
  initializeParameters(network, theta, 1);
  for (const { offset, length, name } of network.tensors) {
    const sizes = theta.subarray(offset, offset + length).map(Math.abs);
    expect(Math.max(...sizes), name).toBeLessThan(0.2);
    expect(Math.max(...sizes), name).toBeGreaterThan(0.19);
    expect(sizes.reduce((sum, value) => sum + value, 0) / length, name).toBeCloseTo(0.1, 1);
  }
});

test.each<[LayerSpec, readonly number[], string]>([
  [{ kind: 'gru', out: 3 }, [4], 'gru: input has shape [4], expected [length, channels]'],
  [{ kind: 'lstm', out: 3 }, [2, 3, 4], 'lstm: input has shape [2, 3, 4], expected [length, channels]'],
  [{ kind: 'gru', out: 3 }, [16385, 1], 'gru: input has 16385 positions, expected at most 16384'],
  [{ kind: 'gru', out: 3, returns: 'first' as 'last' }, [4, 2], 'gru: returns has "first", expected one of all, last'],
])('%j on rows of %j is refused', (layer, input, problem) => {
  expect(() => buildNetwork({ input: [...input], layers: [layer] })).toThrow(problem);
});
