import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import {
  describeThreads,
  type PanelFigures,
  panelLines,
  plainLine,
} from '../../../../../../packages/cli/src/commands/train/terminal-reporter.ts';

const plain = (_format: unknown, text: string) => text;

/** Marks without width what is painted. */
const coloured = (_format: unknown, text: string) => `\u001b[2m${text}\u001b[22m`;

const mnist: PanelFigures = {
  epoch: 3,
  totalEpochs: 8,
  share: 0.375,
  leftMs: 5200,
  losses: [2.301, 0.4, 0.2, 0.1, 0.07134],
  samplesPerSecond: 57_904,
  metrics: [
    'accuracy 97.86 %',
    'validation loss 0.07120',
    'train loss 0.08394',
    'gradient norm 0.5160',
    'rate 0.005000',
  ],
  busy: [0.97, 0.5],
};

test('of 80 columns it has all: the course of the run, the loss, the metrics and the threads', () => {
  // Levels of log 2.301, 0.4, 0.2, 0.1, 0.07134 between the last and the first: 1, 0.496, 0.297, 0.097, 0.
  expect(panelLines(mnist, 80, plain)).toEqual([
    `epoch    3/8 ${'█'.repeat(11)}${'░'.repeat(19)}  38 %  5.2 s left  57,904 samples/s`,
    'loss     2.301 █▄▃▂▁ 0.07134',
    'metrics  accuracy 97.86 %  validation loss 0.07120  train loss 0.08394',
    'threads  1 ███████░  97 %   2 ████░░░░  50 %',
  ]);
});

test('of 40 columns it has the first figures alone, whole', () => {
  expect(panelLines(mnist, 40, plain)).toEqual([
    'epoch    3/8 ███░░░░░  38 %  5.2 s left',
    'loss     2.301 █▄▃▂▁ 0.07134',
    'metrics  accuracy 97.86 %',
    'threads  1  97 %  2  50 %',
  ]);
});

test('where even the number of epochs has no room, the time left has', () => {
  expect(panelLines({ ...mnist, epoch: 1_234_567, totalEpochs: 4_000_000 }, 40, plain)[0]).toBe(
    'epoch    1,234,567  38 %  5.2 s left',
  );
});

test('what is not known yet has no line', () => {
  const start = { ...mnist, losses: [0.25], metrics: [], busy: undefined };
  expect(panelLines(start, 60, plain).map((line) => line.slice(0, 14).trimEnd())).toEqual([
    'epoch    3/8 █',
    'loss     0.250',
  ]);
});

const figures: fc.Arbitrary<PanelFigures> = fc.record({
  epoch: fc.integer({ min: 1, max: 1e7 }),
  totalEpochs: fc.integer({ min: 1, max: 1e7 }),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
  leftMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
  losses: fc.array(fc.double({ min: -1e20, max: 1e20, noNaN: true }), { maxLength: 130 }),
  samplesPerSecond: fc.double({ min: 0, max: 1e9, noNaN: true }),
  metrics: fc.array(fc.constantFrom(...mnist.metrics), { maxLength: 5 }),
  busy: fc.option(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 200 }), {
    nil: undefined,
  }),
});

describe.each([20, 40, 60, 80, 120, 200])('of %i columns', (columns) => {
  test('no line comes to the last column, whatever the figures and in colour too', () => {
    fc.assert(
      fc.property(figures, (any) => {
        const lines = panelLines(any, columns, coloured);
        expect(lines.length).toBeLessThanOrEqual(4);
        for (const line of lines) expect(stringWidth(line)).toBeLessThan(columns);
        // Colours change nothing but colours.
        expect(lines.map(stripVTControlCharacters)).toEqual(panelLines(any, columns, plain));
      }),
    );
  });
});

test('threads are shown as fully as there is room for', () => {
  const busy = Array.from({ length: 16 }, (_, t) => t / 15);
  const shown = (room: number) => describeThreads(busy, room, plain);
  expect(shown(400)).toContain('16 ████████ 100 %');
  expect(shown(200)).toMatch(/^1 {3}0 % {2}2 {3}7 % .* 16 100 %$/);
  expect(shown(60)).toBe('▁▁▂▂▃▃▄▄▅▅▆▆▇▇██  0 % to 100 %');
  expect(shown(20)).toBe('16: 0 % to 100 %');
  expect(shown(5)).toBe('');
  expect(describeThreads([], 80, plain)).toBe('');
});

test('where nothing can be drawn anew it is one line', () => {
  expect(plainLine(mnist)).toBe('epoch 3/8  38 %  loss 0.07134  57,904 samples/s  5.2 s left');
});
