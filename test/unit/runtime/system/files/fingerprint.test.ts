import { createHash } from 'node:crypto';
import { fingerprint } from '@gradloom/runtime';
import { expect, test } from 'vitest';

test('the fingerprint is the SHA-256 of the little-endian doubles, whatever memory they lie in', () => {
  const numbers = [1, -0, 0.1, 5e-324];
  const bytes = Buffer.alloc(32);
  for (const [i, value] of numbers.entries()) bytes.writeDoubleLE(value, 8 * i);
  const expected = createHash('sha256').update(bytes).digest('hex');
  const shared = new Float64Array(new SharedArrayBuffer(48), 8, 4);
  shared.set(numbers);
  expect(fingerprint(Float64Array.from(numbers))).toBe(expected);
  expect(fingerprint(shared)).toBe(expected);
});

test('that of floats is the SHA-256 of the little-endian floats', () => {
  const numbers = [1, -0, Math.fround(0.1), 2 ** -149];
  const bytes = Buffer.alloc(16);
  for (const [i, value] of numbers.entries()) bytes.writeFloatLE(value, 4 * i);
  const expected = createHash('sha256').update(bytes).digest('hex');
  const shared = new Float32Array(new SharedArrayBuffer(24), 4, 4);
  shared.set(numbers);
  expect(fingerprint(Float32Array.from(numbers))).toBe(expected);
  expect(fingerprint(shared)).toBe(expected);
});

test('no weights have the SHA-256 of nothing', () => {
  expect(fingerprint(new Float64Array(0))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
});
