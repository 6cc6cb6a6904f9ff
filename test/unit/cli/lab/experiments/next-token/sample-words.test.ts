import { createModel, type Model } from '@gradloom/runtime';
import { expect, test } from 'vitest';
import { sampleWords } from '../../../../../../packages/cli/src/lab/experiments/next-token/language-model.ts';

/** Whatever came before: an end by `end`, 'a' by 0, and next to never another symbol. */
function constantModel(end: number): Model {
  const parameters = new Float64Array(27 + 27).fill(0, 0, 27).fill(-1000, 27);
  parameters[27] = end;
  parameters[28] = 0;
  return createModel({ spec: { input: 1, layers: [{ kind: 'dense', out: 27 }] }, parameters });
}

const draw = (model: Model, temperature: number, count = 4000) =>
  sampleWords(model, { K: 1, count, temperature, seed: 0 });

test.each([
  [1, 3 / 4], // e^ln 3 : 1
  [2, Math.sqrt(3) / (1 + Math.sqrt(3))],
  [0.5, 9 / 10],
])('at temperature %d, words end as often as softmax of logits / temperature says', (temperature, share) => {
  const empty = draw(constantModel(Math.log(3)), temperature).filter((word) => word === '').length;
  // Five standard deviations of 4000 draws.
  expect(Math.abs(empty / 4000 - share)).toBeLessThan(5 * Math.sqrt((share * (1 - share)) / 4000));
});

test('at temperature 0 the likeliest symbol is taken, and a word without an end is cut', () => {
  expect(draw(constantModel(1), 0, 2)).toEqual(['', '']);
  expect(draw(constantModel(-1), 0, 1)).toEqual(['a'.repeat(24)]);
});

test('a seed draws the same words again', () => {
  expect(draw(constantModel(0), 1, 50)).toEqual(draw(constantModel(0), 1, 50));
});
