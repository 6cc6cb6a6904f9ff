import { describe, expect, test } from 'vitest';
import {
  createInitializer,
  type InitializerName,
  type InitializerSpec,
  initializers,
} from '../../../../../packages/core/src/families/initializers/index.ts';
import { createRandom } from '../../../../../packages/core/src/math/random/index.ts';
import { maxError } from '../../../../support/errors.ts';

const [I, O] = [120, 80];

/** Mean, deviation and largest magnitude that a tensor [120, 80] should have, worked out from the formulas. */
interface Expected {
  spec: InitializerSpec;
  mean: number;
  std: number;
  within?: number;
}

const uniformWith = (spec: InitializerSpec, std: number): Expected => ({
  spec,
  mean: 0,
  std,
  within: Math.sqrt(3) * std,
});
const normalWith = (spec: InitializerSpec, std: number, mean = 0): Expected => ({ spec, mean, std });

const expectations: Record<InitializerName, Expected[]> = {
  'glorot-uniform': [uniformWith('glorot-uniform', Math.sqrt(2 / 200))], // limit √(6/200)
  'glorot-normal': [normalWith('glorot-normal', Math.sqrt(2 / 200))],
  'he-uniform': [uniformWith('he-uniform', Math.sqrt(2 / 120))],
  'he-normal': [normalWith('he-normal', Math.sqrt(2 / 120))],
  'lecun-uniform': [uniformWith('lecun-uniform', Math.sqrt(1 / 120))],
  'lecun-normal': [normalWith('lecun-normal', Math.sqrt(1 / 120))],
  // 80 columns of length 1 and 120 numbers each
  orthogonal: [
    normalWith('orthogonal', Math.sqrt(1 / 120)),
    normalWith({ kind: 'orthogonal', gain: 2 }, 2 * Math.sqrt(1 / 120)),
  ],
  uniform: [
    uniformWith('uniform', 0.05 / Math.sqrt(3)),
    { spec: { kind: 'uniform', low: 1, high: 4 }, mean: 2.5, std: 3 / Math.sqrt(12), within: 4 },
  ],
  normal: [normalWith('normal', 0.05), normalWith({ kind: 'normal', mean: 3, std: 2 }, 2, 3)],
  constant: [normalWith('constant', 0), normalWith({ kind: 'constant', value: 0.1 }, 0, 0.1)],
  zeros: [normalWith('zeros', 0)],
};

const names = Object.keys(initializers) as InitializerName[];
const cases = names.flatMap((name) =>
  expectations[name].map((expected): [string, Expected] => [JSON.stringify(expected.spec), expected]),
);

function fill(spec: InitializerSpec, fanIn: number, fanOut: number, seed = 1): Float64Array {
  const out = new Float64Array(fanIn * fanOut).fill(Number.NaN);
  createInitializer(spec)(out, fanIn, fanOut, createRandom(seed));
  return out;
}

const meanOf = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

test('every initializer has expected moments', () => {
  expect(new Set(Object.keys(expectations))).toEqual(new Set(names));
});

describe.each(cases)('%s', (_title, { spec, mean, std, within }) => {
  const values = fill(spec, I, O);

  test('gives floats the numbers that doubles get, each rounded once', () => {
    const out = new Float32Array(I * O).fill(Number.NaN);
    createInitializer(spec)(out, I, O, createRandom(1));
    expect(out).toEqual(Float32Array.from(values));
  });

  const n = values.length;

  test('has the mean and deviation of its formula', () => {
    const variance = meanOf(values.map((value) => (value - mean) ** 2));
    expect(Math.abs(meanOf(values) - mean)).toBeLessThanOrEqual((4 * std) / Math.sqrt(n) + 1e-13);
    expect(Math.abs(Math.sqrt(variance) - std)).toBeLessThanOrEqual((4 * std) / Math.sqrt(2 * n) + 1e-13);
  });

  test('keeps to its limits, or goes past them where it has none', () => {
    const largest = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    if (within !== undefined) expect(largest).toBeLessThanOrEqual(within);
    if (within !== undefined) expect(largest).toBeGreaterThan(0.995 * within);
    if (within === undefined && std > 0) expect(largest - mean).toBeGreaterThan(3 * std);
  });

  test('is a function of the seed, and another one of another seed', () => {
    expect(fill(spec, I, O)).toEqual(values);
    if (std > 0) expect(fill(spec, I, O, 2)).not.toEqual(values);
  });
});

describe.each([
  [7, 7],
  [12, 5],
  [5, 12],
  [1, 9],
  [9, 1],
  [200, 200],
])('orthogonal [%i, %i]', (fanIn, fanOut) => {
  const gain = 1.5;
  const W = fill({ kind: 'orthogonal', gain }, fanIn, fanOut);
  const k = Math.min(fanIn, fanOut);

  test('has orthogonal columns of length gain, or rows where there are fewer', () => {
    const at = (vector: number, i: number) => (fanIn >= fanOut ? W[i * fanOut + vector] : W[vector * fanOut + i]);
    const products = Array.from({ length: k * k }, (_, pair) => {
      let sum = 0;
      for (let i = 0; i < Math.max(fanIn, fanOut); i++) sum += at(Math.floor(pair / k), i) * at(pair % k, i);
      return sum;
    });
    const expected = products.map((_, pair) => (Math.floor(pair / k) === pair % k ? gain * gain : 0));
    expect(maxError(products, expected)).toBeLessThan(1e-13);
  });
});

test('orthogonal has no favoured sign', () => {
  const random = createRandom(1);
  const initialize = createInitializer('orthogonal');
  const out = new Float64Array(4);
  const positive = [0, 0, 0, 0];
  for (let i = 0; i < 1000; i++) {
    initialize(out, 2, 2, random);
    for (let k = 0; k < 4; k++) positive[k] += out[k] > 0 ? 1 : 0;
  }
  for (const count of positive) expect(Math.abs(count - 500)).toBeLessThan(4 * Math.sqrt(250));
});

test.each([
  ['he', 'initializer: kind has "he", expected one of glorot-uniform'],
  ['he-norml', '(did you mean he-normal?)'],
  [{ kind: 'he-normal', gain: 2 }, 'initializer he-normal: option "gain" is unknown, expected none'],
  [{ kind: 'zeros', value: 2 }, 'initializer zeros: option "value" is unknown, expected none'],
  [{ kind: 'normal', std: -1 }, 'initializer normal: std has -1, expected a number of at least 0'],
  [{ kind: 'uniform', low: 1 }, 'initializer uniform: high has 0.05, expected at least 1 (low)'],
  [{ kind: 'orthogonal', gain: '2' }, 'initializer orthogonal: gain has "2", expected a number'],
  [{ kind: 'constant', val: 2 }, 'initializer constant: option "val" is unknown, expected value'],
])('createInitializer(%j) says what is wrong', (spec, message) => {
  expect(() => createInitializer(JSON.parse(JSON.stringify(spec)))).toThrow(message);
});
