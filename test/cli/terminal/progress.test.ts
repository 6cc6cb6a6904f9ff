import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drawBar, wrap } from '../../../packages/cli/src/terminal/progress.ts';

const figures = ['loss 0.07134', '9.1 s left', '41,200 samples/s'];

test('a bar never touches the last column, and shows whole figures alone, the first ones longest', () => {
  fc.assert(
    fc.property(fc.integer({ min: 10, max: 200 }), fc.double({ min: 0, max: 1, noNaN: true }), (columns, share) => {
      const line = drawBar(columns, share, 'epoch  3/10', figures);
      expect(line.length).toBeLessThan(columns);
      // Whole figures, or none of them.
      const shown = line.split(' %').at(1)?.split('  ').slice(1) ?? [];
      expect(shown).toEqual(figures.slice(0, shown.length));
      if (columns >= 70) expect(shown).toEqual(figures);
    }),
  );
});

test('a bar is full at the end and not before', () => {
  expect(drawBar(80, 1, 'a', ['b'])).toBe(`a ${'█'.repeat(40)} 100 %  b`);
  expect(drawBar(80, 0.9999, 'a', ['b'])).toBe(`a ${'█'.repeat(39)}░  99 %  b`);
  expect(drawBar(80, 0, 'a', ['b'])).toBe(`a ${'░'.repeat(40)}   0 %  b`);
});

test('a sentence that is wrapped keeps every character but spaces at the breaks, within the width', () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 200 }).map((text) => text.replaceAll(/\s+/g, ' ')),
      fc.integer({ min: 1, max: 90 }),
      (text, width) => {
        const lines = wrap(text, width);
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
      },
    ),
  );
  expect(wrap('the checkpoint of step 5', 10)).toEqual(['the', 'checkpoint', 'of step 5']);
});
