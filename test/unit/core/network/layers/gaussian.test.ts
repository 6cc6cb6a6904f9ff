import { buildNetwork, type NetworkSpec, sequential } from '@gradloom/core';
import { describe, expect, test } from 'vitest';
import type { Elements } from '../../../../../packages/core/src/math/element-type.ts';
import { philox4x32, streamKey } from '../../../../../packages/core/src/math/random/index.ts';
import { EVALUATION, type Pass } from '../../../../../packages/core/src/network/layers/index.ts';
import { runCalls } from '../../../../../packages/core/src/program/link.ts';
import { createList } from '../../../../../packages/core/src/program/op.ts';
import { referenceKernels } from '../../../../../packages/core/src/program/reference/reference-kernels.ts';
import { runLayer } from '../../../../support/one-layer.ts';

const SIZE = 5;
const spec: NetworkSpec = sequential(SIZE, { kind: 'gaussian' });

interface Settings extends Partial<Pick<Pass, 'training' | 'draws' | 'seed'>> {
  readonly step?: number;
  readonly firstRow?: number;
  readonly of?: NetworkSpec;
}

/** Outputs of B rows, whose inputs are NaN. */
function draw<Y extends Elements>(y: Y, B: number, { step = 0, firstRow = 0, of = spec, ...settings }: Settings): Y {
  const { calls, emit } = createList();
  const stepAndRow = Float64Array.of(step, firstRow);
  const pass = { ...EVALUATION, ...settings, emit, stepAndRow, lengths: [new Float64Array(B)] };
  const { layers } = buildNetwork(of);
  layers[layers.length - 1].forward(y, [y.slice().fill(Number.NaN)], [], B, pass, { arrays: [] });
  runCalls(calls, referenceKernels);
  return y;
}

const rows = (B: number): Float64Array => new Float64Array(B * SIZE);

describe('draws', () => {
  test('are the pairs of Box and Muller from words of Philox, by seed, layer, step, row and pair of columns', () => {
    const [B, step, firstRow, seed] = [3, 2 ** 32 + 7, 11, 4];
    const y = draw(rows(B), B, { training: true, seed, step, firstRow });
    const [key0, key1] = streamKey(seed, 'draw', 0);
    const words = new Uint32Array(4);
    for (let n = 0; n < B; n++) {
      for (let o = 0; o < SIZE; o++) {
        philox4x32(words, o >> 1, firstRow + n, 7, 1, key0, key1);
        const [u, v] = [0, 2].map((w) => (words[w] >>> 5) / 2 ** 27 + (words[w + 1] >>> 6) / 2 ** 53);
        const around = o % 2 === 0 ? Math.cos : Math.sin;
        expect(y[n * SIZE + o]).toBeCloseTo(Math.sqrt(-2 * Math.log(1 - u)) * around(2 * Math.PI * v), 12);
      }
    }
  });

  test('have mean 0, variance 1 and the tails of the normal distribution', () => {
    const B = 20_000;
    const y = [...draw(rows(B), B, { training: true, seed: 1 })];
    const share = (isIn: (value: number) => boolean) => y.filter(isIn).length / y.length;
    expect(Math.abs(y.reduce((sum, value) => sum + value, 0) / y.length)).toBeLessThan(4 / Math.sqrt(y.length));
    expect(y.reduce((sum, value) => sum + value * value, 0) / y.length).toBeCloseTo(1, 1.5);
    expect(share((value) => Math.abs(value) < 1)).toBeCloseTo(0.6827, 2);
    expect(share((value) => value > 2)).toBeCloseTo(0.0228, 2);
  });

  test('do not depend on the pass that a row is in, and differ by row, step, seed and layer', () => {
    const settings = { training: true, seed: 3, step: 5 };
    const all = draw(rows(6), 6, settings);
    expect([...draw(rows(2), 2, { ...settings, firstRow: 4 })]).toEqual([...all.subarray(4 * SIZE)]);
    const second = sequential(SIZE, { kind: 'relu' }, { kind: 'gaussian' });
    for (const other of [{ step: 6 }, { seed: 4 }, { firstRow: 6 }, { of: second }]) {
      const y = draw(rows(6), 6, { ...settings, ...other });
      expect(y.filter((value, i) => value === all[i])).toHaveLength(0);
    }
  });

  test('of floats are those of doubles, rounded', () => {
    const settings = { training: true, seed: 9 };
    const floats = draw(new Float32Array(4 * SIZE), 4, settings);
    expect([...floats]).toEqual([...draw(rows(4), 4, settings)].map(Math.fround));
  });

  test('at evaluation depend on the row alone, and are none of training; predictions have the mean', () => {
    const settings = { training: false, draws: true };
    const y = draw(rows(4), 4, settings);
    expect([...draw(rows(2), 2, { ...settings, firstRow: 2 })]).toEqual([...y.subarray(2 * SIZE)]);
    expect([...draw(rows(4), 4, { training: true })]).not.toEqual([...y]);
    expect([...draw(rows(4), 4, {})]).toEqual(Array(4 * SIZE).fill(0));
  });
});

test('it takes the shape of what it reads, or a size, and gives no gradient', () => {
  expect(buildNetwork(sequential([2, 3], { kind: 'gaussian' })).output).toEqual([2, 3]);
  expect(buildNetwork(sequential([2, 3], { kind: 'gaussian', size: 4 })).output).toEqual([4]);
  expect([
    ...runLayer(
      { kind: 'gaussian', size: 3 },
      [
        [1, 2],
        [3, 4],
      ],
      () => 1,
    ).dx,
  ]).toEqual([0, 0, 0, 0]);
  expect(() => buildNetwork(sequential(2, { kind: 'gaussian', size: 0 }))).toThrow('size has 0, expected a whole');
});
