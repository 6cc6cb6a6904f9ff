import { describe, expect, test } from 'vitest';
import {
  chapterFigure,
  chapterFigureFromRounded,
  chapterSlip,
  claim,
  isFailure,
  paperFigure,
  unclaimedFigure,
} from '../../../../../packages/cli/src/lab/experiments/finding.ts';
import { agreement, tableOf } from '../../../../../packages/cli/src/lab/figures/findings-table.ts';

test.each([
  ['0.540', 0.5399148846, true],
  ['0.54', 0.5351, true],
  ['0.540', 0.5405001, false],
  ['0', 0.1, true],
  ['0', 0.6, false],
  ['-0.1875', -0.18749, true],
  ['8,388,608', 8388608, true],
  ['8,388,608', 8388609, false],
  ['9.5e-7', 9.5367431640625e-7, true],
  ['9.5e-7', 9.4e-7, false],
])('a chapter that prints %s has rounded %f: %s', (chapter, computed, agrees) => {
  expect(chapterFigure('x', chapter, computed).agrees).toBe(agrees);
});

test('NaN agrees with nothing', () => {
  expect(chapterFigure('x', '0.5', Number.NaN).agrees).toBe(false);
});

test("a value from rounded numbers agrees by the chapter's rounding, and shows the exact one", () => {
  expect(chapterFigureFromRounded('z', '1.14688', 1.14679372, 1.146875)).toMatchObject({
    agrees: true,
    computed: 1.14679372,
  });
  expect(chapterFigureFromRounded('z', '1.14688', 1.146875, 1.14679372)).toMatchObject({ agrees: false });
});

test('a slip of the chapter is no failure if the number confirms the reason', () => {
  const known = chapterSlip('times XOR', '10', 44.4, true, '400 over 9');
  expect(known).toMatchObject({ agrees: false, slip: true });
  expect(isFailure(known)).toBe(false);
  expect(isFailure(chapterSlip('times XOR', '10', 12, false, '400 over 9'))).toBe(true);
  expect(isFailure(chapterFigure('x', '0.5', 0.7))).toBe(true);
  expect(isFailure(unclaimedFigure('x', 0.7, 'why'))).toBe(false);
});

describe('a table of findings', () => {
  const rows = [
    chapterFigure('a', '0.5', 0.5),
    paperFigure('b', { printed: '2', source: 'Nielsen 2015' }, 2),
    claim('c is so', 'yes', true, 'a note'),
    chapterSlip('d', '10', 44, true, 'why d'),
    unclaimedFigure('e', 7, '--steps has 3; --depth has 2'),
    chapterFigure('f', '1', 3),
  ];

  test('names the source of each printed figure, and the reason why a row is not claimed', () => {
    const { head, rows: cells, right, legend } = tableOf(rows);
    expect(head).toEqual(['', 'chapter', 'paper', 'computed', 'agrees', '']);
    expect(cells).toEqual([
      ['a', '0.5', '', '0.5', 'yes', ''],
      ['b', '', '2', '2', 'yes', ''],
      ['c is so', '', '', 'yes', 'yes', 'a note'],
      ['d', '10', '', '44', 'slip', 'why d'],
      ['e', '', '', '7', '-', ''],
      ['f', '1', '', '3', 'NO', ''],
    ]);
    expect(right).toEqual([1, 2, 3]);
    expect(legend).toEqual([
      'chapter: as printed in "Neural Networks Without the Mysticism"',
      'paper: Nielsen 2015',
      'slip: the chapter is wrong here',
      '-: not claimed: --steps has 3',
      '-: not claimed: --depth has 2',
    ]);
  });

  test('counts the slips and what is not claimed beside what agrees', () => {
    expect(agreement(rows)).toBe('3 of 5 numbers agree; 1 is a slip of the chapter; 1 is not claimed.');
    expect(agreement(rows.slice(0, 3))).toBe('3 of 3 numbers agree.');
  });

  test('has no empty column, and numbers papers if there are two', () => {
    expect(tableOf([claim('c is so', 'yes', true)]).head).toEqual(['', 'computed', 'agrees']);
    const two = ['x', 'y'].map((source) => paperFigure(source, { printed: '2', source }, 2));
    expect(tableOf(two).rows.map(([, paper]) => paper)).toEqual(['2 (1)', '2 (2)']);
    expect(tableOf(two).legend).toEqual(['paper (1): x', 'paper (2): y']);
  });
});
