import { buildNetwork, dense, relu, sequential } from '@gradloom/core';
import { badWeight } from '@gradloom/core/internal';
import { expect, test } from 'vitest';

const network = buildNetwork(sequential(400, dense(400), relu(), dense(2)));
const end = network.parameterCount;

test.each([
  [0, -Infinity, 'W of dense(400->400) at layer 0 has -Infinity'],
  [159_999, Number.NaN, 'W of dense(400->400) at layer 0 has NaN'], // after more numbers than are read at a time
  [160_000, Infinity, 'b of dense(400->400) at layer 0 has Infinity'],
  [end - 1, Number.NaN, 'b of dense(400->2) at layer 2 has NaN'],
])('weight %d that is %d is found in its tensor', (index, value, text) => {
  const theta = new Float64Array(end).fill(Number.MAX_VALUE);
  expect(badWeight(network, theta)).toBeUndefined();
  theta[index] = value;
  expect(badWeight(network, theta)).toBe(text);
  theta[end - 1] = value; // the first of several
  expect(badWeight(network, theta)).toBe(text);
});
