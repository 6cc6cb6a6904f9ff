import { buildNetwork, createRandom, initializeParameters, type LayerSpec } from '@gradloom/core';
import { expect, test } from 'vitest';
import { runLayer } from '../../../../support/one-layer.ts';

const [T, C] = [3, 2];
const input = [T, C];
const rows = [
  [1, 2, 3, 4, 5, 6],
  [10, 20, 30, 40, 50, 60],
];
const table = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6];
const dy = (o: number) => 2 ** o;

test('a position embedding adds the vector of each place, and its gradient is the sum over rows', () => {
  const layer: LayerSpec = { kind: 'position-embedding' };
  const { y, dx, gradients } = runLayer(layer, rows, dy, { input, parameters: [table] });
  expect([...y]).toEqual(rows.flatMap((row) => row.map((value, i) => value + table[i])));
  expect([...dx]).toEqual(rows.flat().map((_, o) => dy(o)));
  expect([...gradients[0]]).toEqual(table.map((_, i) => dy(i) + dy(T * C + i)));
});

test('a position embedding starts with small normal numbers, of a deviation of 0.02', () => {
  const network = buildNetwork({ input: [50, 40], layers: [{ kind: 'position-embedding' }] });
  const P = new Float64Array(network.parameterCount);
  initializeParameters(network, P, 1);
  const deviation = Math.sqrt(P.reduce((sum, value) => sum + value * value, 0) / P.length);
  expect(P.length).toBe(2000);
  expect(Math.abs(deviation / 0.02 - 1)).toBeLessThan(4 / Math.sqrt(2 * P.length));
});

test('gradients of a position embedding are added in leaves of rows', () => {
  const random = createRandom(3, 'leaves');
  const x = Array.from({ length: 37 }, () => Array.from({ length: T * C }, () => 0));
  const dy = Array.from({ length: x.length * T * C }, () => random.normal());
  const { gradients } = runLayer({ kind: 'position-embedding' }, x, (o) => dy[o], { input });
  const leaf = (from: number, to: number, i: number): number => {
    let sum = 0;
    for (let n = from; n < to; n++) sum += dy[n * T * C + i];
    return sum;
  };
  // Leaves of 16 rows: 16, 16 and 5.
  expect([...gradients[0]]).toEqual(table.map((_, i) => leaf(0, 16, i) + leaf(16, 32, i) + leaf(32, 37, i)));
});

test('last-position takes the last place, and gives the others no gradient', () => {
  const { y, dx } = runLayer({ kind: 'last-position' }, rows, dy, { input });
  expect([...y]).toEqual([5, 6, 50, 60]);
  expect([...dx]).toEqual([0, 0, 0, 0, dy(0), dy(1), 0, 0, 0, 0, dy(2), dy(3)]);
});

test('last-position and global-avg-pool of a padded sequence are those of its real positions alone', () => {
  for (const kind of ['last-position', 'global-avg-pool'] as const) {
    for (const length of [1, 2, 3]) {
      const short = runLayer({ kind }, [rows[0].slice(0, length * C)], dy, { input: [length, C] });
      const padded = runLayer({ kind }, [rows[0]], dy, { input, lengths: [length] });
      expect([...padded.y]).toEqual([...short.y]);
      expect([...padded.dx]).toEqual([...short.dx, ...new Array((T - length) * C).fill(0)]);
    }
  }
});

test.each([[[4]], [[2, 3, 4]]])('rows of %j are refused: they are no sequences', (shape) => {
  for (const kind of ['position-embedding', 'last-position'] as const) {
    expect(() => buildNetwork({ input: shape, layers: [{ kind }] })).toThrow(
      `${kind}: input has shape [${shape.join(', ')}], expected [length, channels]`,
    );
  }
});
