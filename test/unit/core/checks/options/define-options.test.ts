import { OptionError } from '@gradloom/core';
import { expect, test } from 'vitest';
import {
  defineOptions,
  flag,
  nonNegative,
  oneOf,
  positive,
  required,
} from '../../../../../packages/core/src/checks/options/index.ts';

const { read } = defineOptions('anneal', {
  lr: nonNegative(0.1),
  limit: positive(),
  warm: flag(true),
  shape: oneOf({ linear: 1, cosine: 2 })('linear'),
});

function refusal(options: object): unknown {
  try {
    return read(options);
  } catch (error) {
    return error;
  }
}

test('options that are not given have their defaults; one without a default is undefined', () => {
  expect(read({})).toEqual({ lr: 0.1, limit: undefined, warm: true, shape: 'linear' });
  expect(read({ lr: undefined } as object)).toEqual(read({}));
});

test('a value in place of a default is kept where it is 0 or false', () => {
  expect(read({ lr: 0, limit: 2, warm: false, shape: 'cosine' })).toEqual({
    lr: 0,
    limit: 2,
    warm: false,
    shape: 'cosine',
  });
});

test('what is given is not changed', () => {
  const options = Object.freeze({ limit: 3 });
  read(options);
  expect(options).toEqual({ limit: 3 });
});

test.each([
  [{ lr: null }, 'lr', 'anneal: lr has null, expected a number of at least 0'],
  [{ limit: null }, 'limit', 'anneal: limit has null, expected a number above 0'],
  [{ lr: -1 }, 'lr', 'anneal: lr has -1, expected a number of at least 0'],
  [{ limit: 0 }, 'limit', 'anneal: limit has 0, expected a number above 0'],
  [{ warm: 1 }, 'warm', 'anneal: warm has 1, expected true or false'],
  [{ shape: 'lineal' }, 'shape', 'anneal: shape has "lineal", expected one of linear, cosine (did you mean linear?)'],
  [
    { limits: 1 },
    'limits',
    'anneal: option "limits" is unknown, expected lr, limit, warm, shape (did you mean limit?)',
  ],
])('%j is refused, and %s named', (options, path, message) => {
  const error = refusal(options);
  expect(error).toBeInstanceOf(OptionError);
  expect(error).toMatchObject({ message, options: [path] });
});

test('a required option is missed, and named with the path of its object', () => {
  const inner = defineOptions('train', { keep: required(positive), every: positive() }, 'checkpoint');
  expect(inner.read({ keep: 1 })).toEqual({ keep: 1, every: undefined });
  expect(() => inner.read({})).toThrow('train: checkpoint.keep is missing, expected a number above 0');
  expect(() => inner.read({ kept: 1 })).toThrow('train: checkpoint: option "kept" is unknown, expected keep, every');
});

test('options that are no object are refused', () => {
  for (const options of [null, [], 3]) {
    expect(refusal(options as object)).toMatchObject({ message: expect.stringMatching(/^anneal: options have /) });
  }
});

test('an option without a default may be undefined, to the compiler too', () => {
  const { lr, limit } = read({});
  // @ts-expect-error: nobody gave a limit.
  expect(() => limit.toFixed()).toThrow(TypeError);
  expect(lr.toFixed(1)).toBe('0.1');
});
