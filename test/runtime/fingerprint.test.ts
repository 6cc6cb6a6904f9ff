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

test('no weights have the SHA-256 of nothing', () => {
  expect(fingerprint(new Float64Array(0))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
});
