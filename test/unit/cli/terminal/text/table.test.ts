import { expect, test } from 'vitest';
import { table } from '../../../../../packages/cli/src/terminal/text/table.ts';

const numbers = ['0.0004717', '0.007234'];
const right = [0, 2];

test('a table that is too wide takes room from its texts, and cuts no number', () => {
  const drawn = table(['loss', 'optimizer', 'lr'], [[numbers[0], 'sgd:momentum', numbers[1]]], { right, width: 27 });
  expect(drawn[2]).toBe('0.0004717  sgd:m…  0.007234');
  expect(Math.max(...drawn.map((line) => line.length))).toBeLessThanOrEqual(27);
});

test('a table of numbers alone is no wider than the terminal either', () => {
  const drawn = table(['loss', 'lr'], [numbers], { right: [0, 1], width: 15 });
  expect(Math.max(...drawn.map((line) => line.length))).toBe(15);
});
