import { describe, expect, test } from 'vitest';
import { recordedOptions, trainOptions } from '../../../../packages/runtime/src/training/run/options.ts';

const recorded = (given: object) => recordedOptions(trainOptions.read(given));

test('a checkpoint of a run with defaults records none', () => {
  expect(recorded({})).toEqual({});
  expect(recorded({ precision: 'float64', onNan: 'stop' })).toEqual({});
});

describe.each([
  { precision: 'float32' },
  { classWeight: 'balanced' },
  { maxNorm: 1 },
  { ema: 0.9 },
  { onNan: 'rollback' },
  { flip: true, shift: 2, rotate: 10, zoom: 0.1, erase: 0.25 },
])('%o', (given) => {
  test('decides the result, so a checkpoint records it', () => expect(recorded(given)).toEqual(given));
});

test('options that decide no bit, or that a record says in other words, are left out', () => {
  expect(recorded({ threads: 3, profile: true, retries: 0, batch: 5, clipNorm: 1, shuffle: false, seed: 4 })).toEqual(
    {},
  );
});
