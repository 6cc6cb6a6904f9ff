import { nearest } from '@gradloom/core';
import { expect, test } from 'vitest';

const known = ['batch', 'epochs', 'threads', 'weight-decay'];

test.each([
  ['bacth', 'batch'], // a swap is one edit
  ['epoch', 'epochs'],
  ['THREADS', 'threads'],
  ['weightdecay', 'weight-decay'],
  ['shuffle', undefined],
  ['', undefined],
  ['x', undefined],
])('%j means %j', (word, meant) => {
  expect(nearest(word, known)).toBe(meant);
});
