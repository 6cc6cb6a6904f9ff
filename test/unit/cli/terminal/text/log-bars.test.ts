import { expect, test } from 'vitest';
import { createPaint } from '../../../../../packages/cli/src/terminal/paint.ts';
import { renderStyles } from '../../../../../packages/cli/src/terminal/printable.ts';
import { logBars } from '../../../../../packages/cli/src/terminal/text/log-bars.ts';

const plain = (_format: unknown, text: string): string => text;
const rows = ['1', '2', '3', '4'];
const lengths = (lines: readonly string[]) => lines.slice(1, 5).map((line) => line.match(/█/g)?.length ?? 0);

test('equal ratios are equal lengths, to an eighth of a column', () => {
  const lines = logBars([{ name: 'a', values: [1e-3, 1e-2, 1e-1, 1] }], { rows, head: 'row', paint: plain });
  expect(lengths(lines)).toEqual([0, 13, 26, 40]);
  expect(lines[1]).toContain('▏ '); // the smallest is seen
  expect(lines.at(-1)).toContain('bars from 1e-3 to 1e0');
});

test('what is 0 or not finite has no bar, but its value', () => {
  const lines = logBars([{ name: 'a', values: [0, Number.NaN, 1, 10] }], { rows, head: 'row', paint: plain });
  expect(lengths(lines).slice(0, 2)).toEqual([0, 0]);
  expect(lines[1]).toMatch(/^ +1 +0$/);
  expect(lines[2]).toMatch(/^ +2 +NaN$/);
});

test('series that do not fit beside each other stand below, each in its own colour', () => {
  const series = Array.from({ length: 7 }, (_, k) => ({ name: `series ${k}`, values: [1e-120, 1, 10, 100] }));
  const lines = logBars(series, { rows, head: 'row', paint: plain });
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  for (const { name } of series) expect(lines.join('\n')).toContain(name);
  const paint = createPaint({ isTTY: true } as never, {});
  const [, coloured] = logBars(
    [
      { name: 'zero', values: [0] },
      { name: 'one', values: [1] },
    ],
    { rows: ['1'], head: '', paint },
  );
  expect(renderStyles(coloured)).toContain('\u001b[36m'); // the second series' colour, though the first has no bar
});

test('nothing above 0 is nothing to draw', () => {
  expect(logBars([{ name: 'a', values: [0] }], { rows: ['1'], head: '', paint: plain })).toEqual(['  nothing to draw']);
});
