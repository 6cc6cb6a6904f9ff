import { buildNetwork, createSchedule, type NetworkSpec, OptionError } from '@gradloom/core';
import { within } from '@gradloom/core/internal';
import { expect, test } from 'vitest';

/** The refusal of `check`. @throws where it is none */
function refusal(check: () => unknown): OptionError {
  try {
    check();
  } catch (error) {
    if (error instanceof OptionError) return error;
    throw error;
  }
  throw new Error('refusal: nothing was refused');
}

test('the path goes through every object that holds the option, and the sentence says which layer', () => {
  const layers = [{ kind: 'residual', layers: [{ kind: 'dense', out: 2 }, { kind: 'dense' }] }];
  const { options, message } = refusal(() => within('spec', () => buildNetwork({ input: 2, layers } as NetworkSpec)));
  expect(options).toEqual(['spec.layers.0.1.out']);
  expect(message).toBe('buildNetwork: layer 0.1: dense: out has undefined, expected a whole number of at least 1');
});

test('what is known stays beside the name that is not', () => {
  const context = { totalSteps: 1, stepsPerEpoch: 1 };
  const spec = { kind: 'step', everyEpoch: 1 } as { kind: 'step' };
  const { options, known, message } = refusal(() => within('schedule', () => createSchedule(spec, context)));
  expect({ options, known }).toEqual({
    options: ['schedule.everyEpoch'],
    known: ['everyEpochs', 'everySteps', 'gamma'],
  });
  expect(message).toBe(
    'schedule step: option "everyEpoch" is unknown, expected everyEpochs, everySteps, gamma (did you mean everyEpochs?)',
  );
});

test('another error passes as it is', () => {
  const other = new Error('other');
  const check = () => {
    throw other;
  };
  expect(() => within('spec', check)).toThrow(other);
});
