import { createModel, dense, embedding, flatten, type ModelContents, sequential } from '@gradloom/runtime';
import { expect, test } from 'vitest';
import { charactersOfSmall } from '../../../../../packages/runtime/src/models/serving/answer-pool.ts';
import { tableModel } from '../../../../support/serving.ts';

const products = 2 ** 18; // what the thread that receives bodies computes for one of them

const plain = (spec: ModelContents['spec'], P: number): ModelContents => ({ spec, parameters: new Float64Array(P) });
const vocabulary = ['\n', 'a', 'b', 'c'];
const text = { tokenizer: { kind: 'characters', vocabulary }, context: 200, lines: false } as const;
const wide: ModelContents['spec'] = sequential([200], embedding(4, 8), flatten(), dense(4));

test.each<[string, ModelContents, number]>([
  ['of a small table are those of 4 KiB', tableModel, 4096],
  ['of few numbers, too', plain({ input: 4, layers: [{ kind: 'dense', out: 3 }] }, 15), 4096],
  [
    'of a convolution count each of its positions',
    plain({ input: [64, 64, 1], layers: [{ kind: 'conv2d', out: 4, kernel: 3 }] }, 40),
    (2 * 64 * 64 * products) / (62 * 62 * (4 + 2 * 9 * 4)),
  ],
  [
    'of text count its positions, though a text may be short',
    { ...plain(wide, 32 + 6404), preprocessing: { version: 1, text } },
    (3 * products) / (200 * 4 * 8 + 6400),
  ],
  [
    'of attention go to threads',
    plain({ input: [9, 4], layers: [{ kind: 'self-attention', heads: 2, causal: true }] }, 80),
    -1,
  ],
])('bodies that are answered where they arrive: %s', (_, contents, maxCharacters) => {
  const limit = charactersOfSmall(createModel(contents));
  expect(limit).toBeLessThanOrEqual(maxCharacters);
  expect(limit).toBeGreaterThan(maxCharacters === 4096 ? 4095 : Math.min(maxCharacters / 4, -1.5));
});
