import { expect, test } from 'vitest';
import { classFigures } from '../../../../../packages/cli/src/commands/evaluate/class-figures.ts';

test('recall is a share of the rows of a class, precision of the rows predicted as it', () => {
  const confusion = [
    [3, 1, 0, 0], // of class 0, by answer
    [2, 2, 0, 1], // one without an answer
    [0, 0, 0, 0], // no rows, and never the answer
  ];
  const answers = confusion.map((counts) => counts.slice(0, 3));
  expect(classFigures(Float64Array.from(confusion.flat()), ['a', 'b', 'c'])).toEqual([
    { label: 'a', rows: 4, recall: 3 / 4, precision: 3 / 5, answers: answers[0], unanswered: 0 },
    { label: 'b', rows: 5, recall: 2 / 5, precision: 2 / 3, answers: answers[1], unanswered: 1 },
    { label: 'c', rows: 0, recall: Number.NaN, precision: Number.NaN, answers: answers[2], unanswered: 0 },
  ]);
});

test('a class without a name is called by its index', () => {
  expect(classFigures(Float64Array.of(1, 0, 0, 0, 1, 0)).map(({ label }) => label)).toEqual(['0', '1']);
});
