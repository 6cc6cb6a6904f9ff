import { expect, test } from 'vitest';
import { holdScores, scoresFit } from '../../../../../packages/cli/src/commands/evaluate/held-scores.ts';
import { createLoss } from '../../../../../packages/core/src/families/losses/index.ts';
import { createScoring } from '../../../../../packages/core/src/inference/answers/scoring.ts';

const loss = createLoss('softmax-cross-entropy');
const scoring = createScoring({ loss, outputs: 5, classes: 5, areBits: false });

test('scores are kept in the order in which they come', () => {
  const { add, scores } = holdScores(3, scoring);
  add(Float64Array.of(1, 2, 3, 4, 5), Float64Array.of(4), 1, 5);
  add(Float64Array.of(6, 7, 8, 9, 10, 11, 12, 13, 14, 15), Float64Array.of(0, 2), 2, 5);
  expect(scores).toMatchObject({ rows: 3, outputs: 5 });
  expect([...scores.y]).toEqual(Array.from({ length: 15 }, (_, k) => k + 1));
  expect([...scores.t]).toEqual([4, 0, 2]);
});

test('they may take a quarter of the free memory, and 1 GiB', () => {
  const { bytes } = holdScores(1000, scoring);
  expect(scoresFit(1000, scoring, 4 * bytes)).toBe(true);
  expect(scoresFit(1000, scoring, 4 * bytes - 1)).toBe(false);
  const maxRows = Math.floor(2 ** 30 / (bytes / 1000));
  expect(scoresFit(maxRows, scoring, Number.MAX_VALUE)).toBe(true);
  expect(scoresFit(maxRows + 1, scoring, Number.MAX_VALUE)).toBe(false);
});
