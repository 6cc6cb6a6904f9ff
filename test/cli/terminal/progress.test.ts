import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drawBar } from '../../../packages/cli/src/terminal/progress.ts';

test('a bar never touches the last column, and keeps its text while it can', () => {
  fc.assert(
    fc.property(fc.integer({ min: 10, max: 200 }), fc.double({ min: 0, max: 1, noNaN: true }), (columns, share) => {
      const line = drawBar(columns, share, 'epoch  3/10', 'loss 0.07134  41,200 samples/s  9.1 s left');
      expect(line.length).toBeLessThan(columns);
      if (columns >= 70) expect(line).toContain('9.1 s left');
    }),
  );
});

test('a bar is full at the end and not before', () => {
  expect(drawBar(80, 1, 'a', 'b')).toBe(`a ${'█'.repeat(40)} 100 %  b`);
  expect(drawBar(80, 0.9999, 'a', 'b')).toBe(`a ${'█'.repeat(39)}░  99 %  b`);
  expect(drawBar(80, 0, 'a', 'b')).toBe(`a ${'░'.repeat(40)}   0 %  b`);
});
