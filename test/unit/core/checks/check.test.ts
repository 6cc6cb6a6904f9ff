import { show } from '@gradloom/core/internal';
import { expect, test } from 'vitest';

const circle: Record<string, unknown> = {};
circle.self = circle;

test.each<[unknown, string]>([
  [Number.NaN, 'NaN'],
  ['ab', '"ab"'],
  [null, 'null'],
  [undefined, 'undefined'],
  [{ a: [1] }, '{"a":[1]}'],
  [[8, 8, 1], '[8, 8, 1]'],
  [[8, null], '[8,null]'],
  ['x'.repeat(100), `"${'x'.repeat(56)}...`],
  [5n, 'a value of type bigint'],
  [circle, 'a value of type object'],
  [Symbol('s'), 'Symbol(s)'],
  [Math.sqrt, 'function sqrt() { [native code] }'],
  [new Float32Array(1e7), 'Float32Array of length 10000000'],
])('show has a text for any value, such as %o', (value, text) => {
  expect(show(value)).toBe(text);
});
