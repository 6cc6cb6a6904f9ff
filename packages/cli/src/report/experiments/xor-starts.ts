import { rectY, ruleX } from '@observablehq/plot';
import { list, record, table } from '../../options/schema/containers.ts';
import { count, figure, number, seedKey } from '../../options/schema/scalars.ts';
import type { Read } from '../../options/schema/schema.ts';
import { decimal, plural } from '../../terminal/text/format.ts';
import { highest, isDrawableLog, logTicks, lowest, tick } from '../axes.ts';
import { isNarrow, type Picture } from '../picture.ts';
import { drawPlot } from '../theme.ts';

/** The part of xor.json that is drawn, for many starts. */
export const xorStartsDocument = record({
  finalLosses: table(seedKey, figure(), 0, 1_000_000),
  neverLearn: list(count(), 0, 1_000_000), // seeds
  threshold: number(1e-9, 1e9),
});

/** Bins per power of ten. */
const BINS = 8;

/** Number of starts by final loss. */
export function xorStarts(document: Read<typeof xorStartsDocument>): Picture[] {
  const { finalLosses, neverLearn, threshold } = document;
  const losses = Object.values(finalLosses).filter(isDrawableLog);
  if (losses.length < 2) return [];
  const bins = new Map<number, number>();
  for (const loss of losses) {
    const bin = Math.floor(BINS * Math.log10(loss));
    bins.set(bin, (bins.get(bin) ?? 0) + 1);
  }
  const bars = [...bins].map(([bin, starts]) => ({ starts, low: 10 ** (bin / BINS), high: 10 ** ((bin + 1) / BINS) }));
  const low = lowest([...bars.map((bar) => bar.low), threshold / 2]);
  const high = highest([...bars.map((bar) => bar.high), threshold * 2]);
  return [
    {
      name: 'xor-starts',
      title: `${neverLearn.length} of ${plural(losses.length, 'start')} do not learn XOR`,
      caption: `Number of starts by their final loss, each from other random weights, on a logarithmic scale. Starts right of the dashed line (${tick(threshold)}), in orange, have at least one of the four rows wrong, or nearly so.`,
      altText: `Final losses of ${plural(losses.length, 'start')} from ${decimal(lowest(losses))} to ${decimal(highest(losses))}; ${neverLearn.length} above ${decimal(threshold)}${neverLearn.length === 0 ? '' : `: seeds ${neverLearn.join(', ')}`}.`,
      draw: (width) =>
        drawPlot({
          width,
          height: isNarrow(width) ? 260 : 300,
          margins: { left: 46, right: 16, top: 28, bottom: 40 },
          x: { type: 'log', domain: [low, high], label: 'final loss', ticks: logTicks(low, high), tickFormat: tick },
          y: { label: 'starts', nice: true, grid: true, ticks: 5 },
          marks: [
            rectY(bars, {
              x1: 'low',
              x2: 'high',
              y: 'starts',
              fill: (bar: (typeof bars)[number]) => (bar.high > threshold * 1.1 ? 'var(--c2)' : 'var(--c1)'),
              insetLeft: 1,
              title: ({ starts, low, high }: (typeof bars)[number]) =>
                `${plural(starts, 'start')} with a final loss from ${decimal(low)} to ${decimal(high)}`,
            }),
            ruleX([threshold], { stroke: 'var(--ink)', strokeDasharray: '5 4' }),
          ],
          color: { type: 'identity' },
        }),
    },
  ];
}
