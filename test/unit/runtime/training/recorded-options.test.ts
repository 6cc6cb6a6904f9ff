import { describe, expect, test } from 'vitest';
import { readTrainOptions } from '../../../../packages/runtime/src/training/run/options.ts';
import { recordedOptions } from '../../../../packages/runtime/src/training/run/plan.ts';

const recorded = (runOptions: object) => recordedOptions(readTrainOptions(runOptions));

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
])('%o', (runOptions) => {
  test('decides the result, so a checkpoint records it', () => expect(recorded(runOptions)).toEqual(runOptions));
});

test('the augmentation is recorded option by option, as in checkpoints of earlier versions', () => {
  expect(recorded({ augment: { flip: true, zoom: 0.1 } })).toEqual({ flip: true, zoom: 0.1 });
});

test('a batch size has a long and a short name, which must agree if both are given', () => {
  expect(readTrainOptions({ batchSize: 5 }).batch).toBe(5);
  expect(readTrainOptions({ batch: 'full', batchSize: 'full' }).batch).toBe('full');
  expect(readTrainOptions({}).batch).toBe(32);
  expect(() => readTrainOptions({ batch: 32, batchSize: 64 })).toThrow(
    'train: batchSize has 64 and batch has 32, expected one of the two',
  );
  expect(() => readTrainOptions({ batchSize: 0 })).toThrow('batchSize has 0, expected a whole number of at least 1');
});

test('options that decide no bit, or that a record says in other words, are left out', () => {
  expect(recorded({ threads: 3, profile: true, retries: 0, batch: 5, clipNorm: 1, shuffle: false, seed: 4 })).toEqual(
    {},
  );
});

test('an option of the augmentation beside augment is refused, since augment has its defaults', () => {
  const both: object = { augment: { flip: true }, shift: 2 };
  expect(() => readTrainOptions(both)).toThrow(
    'train: shift has a value beside augment, expected it in augment: { shift }',
  );
});
