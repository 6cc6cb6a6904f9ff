import {
  buildNetwork,
  createPredictor,
  dense,
  embedding,
  initializeParameters,
  sequential,
  tanh,
} from '@gradloom/core';
import { createModel } from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { maxError } from '../../../support/errors.ts';

const spec = sequential(3, dense(5), tanh(), dense(2));
const network = buildNetwork(spec);
const parameters = new Float64Array(network.parameterCount);
initializeParameters(network, parameters, 7);
const rows = Float64Array.from({ length: 3 * 150 }, (_, i) => Math.sin(i) * 3);

describe('createPredictor', () => {
  test('gives the bits of a loaded model, for more rows than it takes at a time', () => {
    const y = createPredictor(network, parameters)(rows);
    expect(y).toEqual(createModel({ spec, parameters }).outputs(rows));
    expect(y.length).toBe(2 * 150);
  });

  test('keeps the parameters as they were', () => {
    const original = parameters.slice();
    const predict = createPredictor(network, original);
    const before = predict(rows);
    original.fill(0);
    expect(predict(rows)).toEqual(before);
  });

  test('computes in floats with weights of floats: rows are rounded to them, and outputs are some', () => {
    const predict = createPredictor(network, Float32Array.from(parameters));
    const y = predict(rows);
    expect(y).toBeInstanceOf(Float64Array);
    expect(y).toEqual(y.map(Math.fround));
    expect(y).toEqual(predict(rows.map(Math.fround)));
    expect(y).toEqual(predict(Float32Array.from(rows)));
    const exact = createPredictor(network, parameters)(rows);
    expect(y).not.toEqual(exact);
    expect(maxError(y, exact)).toBeLessThan(1e-5);
  });

  test('says what is wrong', () => {
    const predict = createPredictor(network, parameters);
    expect(() => predict(new Float64Array(4))).toThrow('predict: x has 4 numbers, expected rows of 3');
    expect(() => predict([1, 2, 3] as never)).toThrow('predict: x has [1, 2, 3], expected a Float64Array');
    expect(() => createPredictor(network, new Float64Array(3))).toThrow('has length 3, expected 32');
  });

  test('counts the rows of the call where an index is none of the embedding', () => {
    const words = buildNetwork(sequential(1, embedding(4, 2)));
    const predict = createPredictor(words, new Float64Array(words.parameterCount));
    const indices = new Float64Array(100).fill(3);
    indices[90] = 4;
    expect(() => predict(indices)).toThrow('row 90: embedding(4x2) at layer 0: index at place 0 has 4');
  });
});
