import { expect, test } from 'vitest';
import { createSpanLength, MOST_SPAN_MS, SPAN_MS } from '../../packages/runtime/src/span-length.ts';

/** What spans may last behind such pauses, one after the other. */
function lengthsBehind(...pauses: number[]): number[] {
  let ms = 0;
  const length = createSpanLength(() => ms);
  length.begin();
  return pauses.map((pause) => {
    ms += length.ms;
    length.end();
    ms += pause;
    length.begin();
    return length.ms;
  });
}

test('a span lasts 100 times the pause before it, within bounds', () => {
  expect(lengthsBehind(4, 4, 3, 2.5)).toEqual([SPAN_MS, 400, 300, 250]);
  expect(lengthsBehind(0.1, 0.1)).toEqual([SPAN_MS, SPAN_MS]);
  expect(lengthsBehind(50, 50)).toEqual([SPAN_MS, MOST_SPAN_MS]);
});

test('neither cold code nor an evaluation makes spans long', () => {
  expect(lengthsBehind(12, 0.5)).toEqual([SPAN_MS, SPAN_MS]);
  expect(lengthsBehind(12, 3, 800)).toEqual([SPAN_MS, 300, 300]);
});
