import { describe, expect, test } from 'vitest';
import { lineChart } from '../../../../../packages/cli/src/terminal/text/line-chart.ts';

const rising = { name: 'rising', points: [0, 1, 2, 3].map((x): [number, number] => [x, x]) };
const falling = { name: 'falling', points: [0, 1, 2, 3].map((x): [number, number] => [x, 3 - x]) };
const axes = { x: 'step', y: 'loss' };

/** Rows of the plot, between its y axis and its x axis. */
const plotted = (chart: readonly string[]) =>
  chart.filter((line) => AXIS.test(line)).map((line) => line.slice(line.search(AXIS) + 1));
const AXIS = /[┤│]/;

test('several lines have a mark each, and a legend says which is which', () => {
  const chart = lineChart([rising, falling], axes);
  expect(chart.at(-1)).toBe('    ● rising   + falling');
  const rows = plotted(chart);
  const first = (mark: string) => rows.findIndex((row) => row.includes(mark));
  const ends = rows.map((row) => row.trim()).filter((row) => row !== '');
  expect(ends[0]).toMatch(/^\++ +●+$/);
  expect(ends.at(-1)).toMatch(/^●+ +\++$/);
  expect(first('●')).toBe(first('+'));
});

test('a line of few points still crosses every column', () => {
  const rows = plotted(lineChart([{ ...rising, points: [rising.points[0], rising.points[3]] }, falling], axes));
  const columns = Array.from({ length: 58 }, (_, c) => rows.some((row) => (row[c] ?? ' ') !== ' '));
  expect(columns.filter((drawn) => !drawn)).toHaveLength(0);
});

test('where lines meet, the first is on top', () => {
  const rows = plotted(lineChart([rising, { ...rising, name: 'same' }], axes)).join('');
  expect(rows).toContain('●');
  expect(rows).not.toContain('+');
});

test('error bars go from the lowest value to the highest, below the marks of their line', () => {
  const errorBars = { name: 'single rounds', points: [[1, 0.5, 1, 2.5] as const, [3, 3, 3, 4] as const] };
  const chart = lineChart([{ ...rising, errorBars }], axes);
  expect(chart.at(-1)).toBe('    ● rising   │ single rounds');
  // From 0 to 4 in 12 rows: 0.5 is in the second from below, 1 in the fourth, 2.5 in the eighth, 3 in the ninth.
  const rows = chart.filter((line) => /[┤]/.test(line)).map((line) => line.slice(line.indexOf('┤') + 1));
  const column = (x: number) => rows.map((row) => row[Math.round((x / 3) * 57)] ?? ' ').join('');
  expect(column(3)).toBe('│││●        ');
  expect(column(1)).toBe('    ││││●││ ');
});

test('a line that cannot be drawn leaves the marks of the others to them', () => {
  const chart = lineChart([{ name: 'none', points: [[0, Number.NaN]] }, rising, falling], axes);
  expect(chart.at(-1)).toBe('    + rising   ○ falling');
  expect(plotted(chart).join('')).toMatch(/\+.*○/);
});

describe.each([1, 2])('of %d lines', (count) => {
  // A peak of one point, at no place where the columns would look for it.
  const points = Array.from({ length: 1001 }, (_, k): [number, number] => [k, k === 437 ? 0.25 : 0]);
  const chart = lineChart(
    [
      { name: 'peak', points },
      ...(count === 1 ? [] : [{ ...falling, points: [[0, 0] as const, [1000, 0.1] as const] }]),
    ],
    axes,
  );

  test('the peak stands in the top row, at its place and beside its value', () => {
    const [top] = chart.filter((line) => AXIS.test(line));
    expect(top).toMatch(/^ *0\.2500┤/);
    const drawn = [...(plotted(chart)[0] ?? '')].flatMap((mark, c) => (mark === ' ' ? [] : [c]));
    expect(drawn.length).toBeGreaterThan(0);
    for (const c of drawn) expect(Math.abs(c - (437 / 1000) * 57)).toBeLessThanOrEqual(1);
  });
});

test('rows are evenly apart, and labelled with the value in their middle', () => {
  const labels = lineChart(
    [
      {
        name: 'x',
        points: [
          [0, -1],
          [1, 1],
        ],
      },
    ],
    { ...axes, height: 5 },
  )
    .filter((line) => AXIS.test(line))
    .map((line) => Number.parseFloat(line));
  expect(labels).toEqual([1, 0.5, 0, -0.5, -1]);
});

test('a log scale is said to be one, in even powers', () => {
  const chart = lineChart(
    [
      {
        name: 'x',
        points: [
          [0, 0.001],
          [1, 10],
        ],
      },
    ],
    { ...axes, height: 5, log: true },
  );
  expect(chart[0]).toBe('  loss (log scale), against step');
  expect(chart.filter((line) => AXIS.test(line)).map((line) => Number.parseFloat(line))).toEqual([
    10, 1, 0.1, 0.01, 0.001,
  ]);
  expect(lineChart([rising], axes)[0]).toBe('  loss, against step');
});

test('a single line has no legend', () => {
  expect(lineChart([rising], axes).at(-1)).not.toContain('rising');
});

test('many lines keep to 80 columns, their legend too', () => {
  const lines = Array.from({ length: 12 }, (_, k) => ({ ...rising, name: `a line of name ${k}` }));
  for (const line of lineChart(lines, { ...axes, log: true })) expect(line.length).toBeLessThanOrEqual(80);
});

test('nothing finite is nothing to draw', () => {
  expect(lineChart([{ name: 'x', points: [[0, Number.NaN]] }], axes)).toEqual(['  nothing to draw']);
});
