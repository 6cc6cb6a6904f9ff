import { createRandom } from '@gradloom/core';
import { describe, expect, test } from 'vitest';
import { maxRelativeError } from '../../../../support/errors.ts';
import { runLayer } from '../../../../support/one-layer.ts';

const random = createRandom(7, 'rms-norm');
const normals = (size: number, scale = 1): number[] => Array.from({ length: size }, () => scale * random.normal());
const zero = () => 0;

describe.each([1, 2, 3, 4, 5, 8, 31])('of %i numbers a row', (size) => {
  const rows = [normals(size, 3), normals(size, 1e-3), normals(size, 100)];
  const gamma = normals(size);

  test.each([undefined, 1e-5, 0.1])('is its equation, with epsilon %s inside of the root', (epsilon) => {
    const spec = { kind: 'rms-norm' as const, ...(epsilon === undefined ? {} : { epsilon }) };
    const { y } = runLayer(spec, rows, zero, { parameters: [gamma] });
    const expected = rows.flatMap((row) => {
      const mean = row.reduce((sum, value) => sum + value * value, 0) / size;
      return row.map((value, j) => (gamma[j] * value) / Math.sqrt(mean + (epsilon ?? 1 / 8388608)));
    });
    expect(maxRelativeError(y, expected)).toBeLessThan(1e-12);
  });
});

test('starts with gains of 1', () => {
  const { parameters } = runLayer({ kind: 'rms-norm' }, [normals(5)], zero);
  expect(parameters.map((tensor) => [...tensor])).toEqual([new Array(5).fill(1)]);
});

test('passes no gradient below 2⁻⁹³⁰ on', () => {
  const { dx } = runLayer({ kind: 'rms-norm' }, [[1, 2, 4]], (o) => (o === 1 ? 1e-290 : 0));
  expect([...dx]).toEqual([0, 0, 0]);
});
