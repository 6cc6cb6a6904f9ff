import { createRandom } from '@gradloom/core';
import { describe, expect, test } from 'vitest';
import { firstDifference } from '../../../../support/bits.ts';
import { maxRelativeError } from '../../../../support/errors.ts';
import { runLayer } from '../../../../support/one-layer.ts';

const sizes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 31];
const random = createRandom(7, 'layer-norm');
const normals = (size: number, scale = 1): number[] => Array.from({ length: size }, () => scale * random.normal());
const zero = () => 0;

describe.each(sizes)('of %i numbers a row', (size) => {
  const rows = [normals(size, 3), normals(size, 1e-3), normals(size, 100)];
  const gamma = normals(size);
  const beta = normals(size);

  test.each([undefined, 1e-5, 0.1])('is its equation, with epsilon %s inside of the root', (epsilon) => {
    const spec = { kind: 'layer-norm' as const, ...(epsilon === undefined ? {} : { epsilon }) };
    const { y } = runLayer(spec, rows, zero, { parameters: [gamma, beta] });
    const expected = rows.flatMap((row) => {
      const mean = row.reduce((sum, value) => sum + value) / size;
      const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / size;
      return row.map((value, j) => (gamma[j] * (value - mean)) / Math.sqrt(variance + (epsilon ?? 1e-5)) + beta[j]);
    });
    expect(maxRelativeError(y, expected)).toBeLessThan(1e-9);
  });

  test('adds a row in four lanes, place mod 4', () => {
    const row = normals(size).map((value, j) => value * 10 ** (j % 7));
    const { y } = runLayer({ kind: 'layer-norm' }, [row], zero);
    const mean = lanes(row) / size;
    const centred = row.map((value) => value - mean);
    const scale = 1 / Math.sqrt(lanes(centred.map((value) => value * value)) / size + 1e-5);
    const expected = centred.map((value) => 1 * (value * scale) + 0);
    expect(firstDifference(y, Float64Array.from(expected))).toBeNull();
  });
});

/** (l₀ + l₁) + (l₂ + l₃), each lane the sum of every fourth number. */
function lanes(values: readonly number[]): number {
  const [l0, l1, l2, l3] = [0, 1, 2, 3].map((lane) =>
    values.filter((_, j) => j % 4 === lane).reduce((sum, value) => sum + value, 0),
  );
  return l0 + l1 + (l2 + l3);
}

test('starts as the plain norm: gains 1, shifts 0', () => {
  const { parameters } = runLayer({ kind: 'layer-norm' }, [normals(5)], zero);
  expect(parameters.map((tensor) => [...tensor])).toEqual([new Array(5).fill(1), new Array(5).fill(0)]);
});

test('passes no gradient below 2⁻⁹³⁰ on', () => {
  const { dx } = runLayer({ kind: 'layer-norm' }, [[1, 2, 4]], (o) => (o === 1 ? 1e-290 : 0));
  expect([...dx]).toEqual([0, 0, 0]);
});
