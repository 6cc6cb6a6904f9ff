import { dense, sequential, train } from '@gradloom/runtime';
import { expect, test } from 'vitest';
import { SPAN_MS } from '../../../packages/runtime/src/engine/threads/span.ts';
import { createSpanLength, MAX_SPAN_MS } from '../../../packages/runtime/src/training/tuning/tune.ts';
import { randomDataset } from '../../support/random-dataset.ts';

/** What spans may last after such pauses, one after the other. */
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

test('a span lasts 200 times the shortest pause so far, within bounds', () => {
  expect(lengthsBehind(2, 2, 1.5, 1.25)).toEqual([SPAN_MS, 400, 300, 250]);
  expect(lengthsBehind(0.1, 0.1)).toEqual([SPAN_MS, SPAN_MS]);
  expect(lengthsBehind(50, 50)).toEqual([SPAN_MS, MAX_SPAN_MS]);
});

test('neither cold code nor an evaluation lengthens spans', () => {
  expect(lengthsBehind(12, 0.5)).toEqual([SPAN_MS, SPAN_MS]);
  expect(lengthsBehind(12, 1.5, 800)).toEqual([SPAN_MS, 300, 300]);
});

test('a run with long pauses has long spans', async () => {
  const ends: number[] = [];
  const enough = new AbortController();
  const data = { train: randomDataset({ rows: 640, inputs: 100, classes: 3 }) };
  const spec = sequential(100, dense(50), dense(3));
  await train(spec, data, {
    steps: 100_000,
    batch: 64,
    threads: 1,
    shuffle: false,
    backend: 'reference',
    signal: enough.signal,
    onEvent(event) {
      if (event.type !== 'progress') return;
      ends.push(event.elapsedMs);
      if (ends.length === 5) enough.abort();
      const until = performance.now() + 10;
      while (performance.now() < until);
    },
  });
  const spans = ends.map((end, k) => end - (ends[k - 1] ?? 0));
  expect(Math.min(...spans.slice(2, 5))).toBeGreaterThan(MAX_SPAN_MS - 1);
}, 60_000);
