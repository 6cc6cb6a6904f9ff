import { readFileSync } from 'node:fs';
import { openModel, type TextEncoding } from '@gradloom/core';
import { createModel, dense, embedding, loadModel, type Model, saveModel, sequential } from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const folder = temporaryFolder();
const T = 3;
const letters = ['\n', 'a', 'b'];

/** Each letter is followed by the next of the vocabulary, and the last by the first. */
function follower(text: Partial<TextEncoding> = {}, V = letters.length): Model {
  const logits = Array.from({ length: V * V }, (_, i) => (i % V === (Math.floor(i / V) + 1) % V ? 2 : 0));
  return createModel({
    spec: sequential(T, embedding(V, V)),
    parameters: Float64Array.from(logits),
    loss: 'softmax-cross-entropy',
    preprocessing: {
      version: 1,
      text: { tokenizer: { kind: 'characters', vocabulary: letters }, context: T, lines: false, ...text },
    },
  });
}

const share = Math.exp(2) / (Math.exp(2) + 2);

test('a model of text answers with the next token, after any number of tokens', () => {
  const answers = follower().predict(['a', 'ab', 'ba\nb', 'bbbba']);
  expect(answers.map(({ prediction }) => prediction)).toEqual(['b', '\n', '\n', 'b']);
  expect(Object.keys(answers[0].probabilities ?? {})).toEqual(['b', '\n', 'a']);
  expect(answers[0].probabilities?.b).toBeCloseTo(share, 14);
});

test('it takes tokens, too, and a file of it has its vocabulary', () => {
  const path = `${folder.path}/text.gradloom`;
  saveModel(path, follower());
  for (const model of [loadModel(path), openModel(readFileSync(path))]) {
    expect(model.predict(['ba'])).toEqual(follower().predict(['ba']));
    expect(model.encode(['ba'])).toEqual(Float64Array.of(2, 1, 0));
    expect(model.predict([[0, 2, 1]])).toEqual(follower().predict(['\nba']));
    expect(model.preprocessing).toEqual(follower().preprocessing);
  }
});

test('a model of lines begins each with the token of a line end', () => {
  expect(follower({ lines: true }).predict(['', 'a'])).toEqual(follower().predict(['\n', '\na']));
});

test.each(['words', 'characters'] as const)(
  'a model of %s reads all unknown ones as a token that it never writes',
  (kind) => {
    const model = follower({ tokenizer: { kind, vocabulary: ['<unk>', 'a', '\n'] } });
    expect(model.predict(['never', 'a'])).toMatchObject([{ prediction: 'a' }, { prediction: '\n' }]);
    expect(model.predict(['a\n'])[0]).toMatchObject({ prediction: '<unk>' });
    expect([...model.generate('b', { tokens: 4, temperature: 0 })].join('')).toBe('a\na\n');
  },
);

test('a model of bytes names those that are no text by their number', () => {
  const [{ prediction, probabilities }] = follower({ tokenizer: { kind: 'bytes' } }, 256).predict(['\x7f']);
  expect(prediction).toBe('<128>');
  expect(Object.keys(probabilities ?? {})).toHaveLength(10);
});

describe('what does not fit is refused in one sentence', () => {
  test.each<[string, () => unknown]>([
    [
      'predict: row 1 has the character "c" (U+0063), expected one of the 3 of the vocabulary',
      () => follower().predict(['a', 'abc']),
    ],
    ['predict: onNote has [1], expected a function', () => follower().predict(['a'], { onNote: [1] as never })],
    ['predict: row 0 has no text, expected at least a character', () => follower().predict([''])],
    ["createModel: the network's input has 3, expected 4 (tokens of the context)", () => follower({ context: 4 })],
    [
      "createModel: the network's output has [3, 3], expected [3, 256] (the tokens of the text)",
      () => follower({ tokenizer: { kind: 'bytes' } }),
    ],
    [
      'createModel: preprocessing.text.tokenizer.vocabulary.1 has "ab", expected a list of characters, each of them once',
      () => follower({ tokenizer: { kind: 'characters', vocabulary: ['a', 'ab', 'c'] } }),
    ],
    ['createModel: preprocessing.text.lines has 1, expected true or false', () => follower({ lines: 1 as never })],
  ])('%s', (sentence, make) => {
    expect(make).toThrow(sentence);
  });

  test('text for the tokens of GPT-2, where its tables are not', () => {
    const V = 50_257;
    const path = `${folder.path}/gpt2.gradloom`;
    saveModel(path, {
      spec: sequential(2, embedding(V, 1), dense(V, { bias: false })),
      parameters: new Float64Array(2 * V).fill(1),
      loss: 'softmax-cross-entropy',
      preprocessing: { version: 1, text: { tokenizer: { kind: 'gpt2' }, context: 2, lines: false } },
    });
    expect(loadModel(path).encode(['Hello world'])).toEqual(Float64Array.of(15496, 995));
    expect(() => openModel(readFileSync(path)).encode(['Hello world'])).toThrow(
      'gpt2: its tables are not here, expected Node with the package js-tiktoken',
    );
  });
});
