import fc from 'fast-check';
import { expect, test } from 'vitest';
import { breakLine } from '../../../../packages/cli/src/terminal/live-area.ts';

test('a sentence that is wrapped keeps every character but spaces at the breaks, within the width', () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 200 }).map((text) => text.replaceAll(/\s+/g, ' ')),
      fc.integer({ min: 1, max: 90 }),
      (text, width) => {
        const lines = breakLine(text, width);
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
      },
    ),
  );
  expect(breakLine('the checkpoint of step 5', 10)).toEqual(['the', 'checkpoint', 'of step 5']);
});
