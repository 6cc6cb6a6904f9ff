import { buildNetwork, createOptimizer, createSchedule, type NetworkSpec, OptionError } from '@gradloom/core';
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
  expect(message).toBe('buildNetwork: layer 0.1: dense: out is missing, expected a whole number of at least 1');
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

test.each([
  // Words of Keras.
  ['dense', 'units', 'did you mean out?'],
  ['dense', 'activation', 'an activation is a layer of its own, such as { "kind": "relu" }'],
  ['dense', 'use_bias', 'did you mean bias?'],
  ['conv2d', 'filters', 'did you mean out?'],
  ['conv2d', 'kernel_size', 'did you mean kernel?'],
  ['conv2d', 'strides', 'did you mean stride?'],
  ['conv2d', 'dilationRate', 'did you mean dilation?'],
  ['conv2d', 'use_bias', 'did you mean bias?'],
  ['conv2d', 'kernel_initializer', 'did you mean init?'],
  ['conv2d', 'bias-initializer', 'did you mean biasInit?'],
  ['max-pool', 'pool_size', 'did you mean size?'],
  ['upsample', 'size', 'did you mean factor?'],
  ['embedding', 'input_dim', 'did you mean vocabulary?'],
  ['embedding', 'output_dim', 'did you mean width?'],
  // Words of PyTorch.
  ['dense', 'in_features', 'did you mean in?'],
  ['dense', 'out_features', 'did you mean out?'],
  ['conv1d', 'out_channels', 'did you mean out?'],
  ['avg-pool', 'kernel_size', 'did you mean size?'],
  ['dropout', 'p', 'did you mean rate?'],
  ['layer-norm', 'normalized_shape', 'did you mean size?'],
  ['batch-norm', 'eps', 'did you mean epsilon?'],
  ['batch-norm', 'num_features', 'did you mean size?'],
  ['embedding', 'num_embeddings', 'did you mean vocabulary?'],
  ['embedding', 'embedding_dim', 'did you mean width?'],
])('%s with "%s" of another library: %s', (kind, option, hint) => {
  const { message } = refusal(() => buildNetwork({ input: 2, layers: [{ kind, [option]: 3 }] } as never));
  expect(message.replace(/.* is unknown, expected [^(]*[^( ]/, '')).toBe(hint === '' ? '' : ` (${hint})`);
});

test.each([
  ['input_shape', 'did you mean input?', () => buildNetwork({ input_shape: [2], layers: [] } as never)],
  ['learning_rate', 'did you mean lr?', () => createOptimizer({ kind: 'adam', learning_rate: 0.1 } as never)],
  ['rho', 'did you mean decay?', () => createOptimizer({ kind: 'rmsprop', rho: 0.1 } as never)],
])('"%s" of another library: %s', (_option, hint, create) => {
  expect(refusal(create).message).toContain(` (${hint})`);
});
