import { areaY, lineY } from '@observablehq/plot';
import { tick } from '../axes.ts';
import { grid, stack } from '../compose.ts';
import type { LayerHistogram } from '../findings/findings.ts';
import { legend } from '../legend.ts';
import { type Drawing, isNarrow, type Picture } from '../picture.ts';
import { drawPlot } from '../plot.ts';
import { strokeOf } from '../theme.ts';

const words = {
  weights: {
    title: (layers: string) => `Weights of ${layers}, before the first step and after the last`,
    sentence: 'How many of a layer’s weights have which value: the dashed outline is where training began.',
  },
  outputs: {
    title: (layers: string) => `What ${layers} put out, before the first step and after the last`,
    sentence:
      'Outputs of an activation over some training rows. A peak at an end means units that are saturated, or off: their slope passes next to nothing on.',
  },
} as const;

/** Shares of a layer's numbers by value, a panel a layer. Null where no layer has any. */
export function layerHistograms(kind: LayerHistogram['kind'], all: readonly LayerHistogram[]): Picture | null {
  const own = all.filter((histogram) => histogram.kind === kind);
  if (own.length === 0) return null;
  const count = own.length === 1 ? 'the layer' : `the ${own.length} layers`;
  return {
    name: kind,
    title: words[kind].title(count),
    sentence: words[kind].sentence,
    alternative: own
      .map(
        ({ layer, low, high }) =>
          `${layer}: from ${tick(Number(low.toPrecision(3)))} to ${tick(Number(high.toPrecision(3)))}`,
      )
      .join('; '),
    draw: (width) =>
      stack([
        legend(
          [
            { name: 'start', stroke: strokeOf(1) },
            { name: 'end', stroke: { ...strokeOf(0) } },
          ],
          width,
        ),
        grid(
          own.map((histogram) => ({ title: histogram.layer, draw: (each: number) => outline(histogram, each) })),
          width,
          Math.min(isNarrow(width) ? 2 : 3, Math.max(2, own.length)),
        ),
      ]),
  };
}

function outline({ low, high, start, end }: LayerHistogram, width: number): Drawing {
  const bin = (high - low) / end.length;
  const points = (shares: readonly number[]) => shares.map((share, k) => [low + (k + 0.5) * bin, 100 * share]);
  return drawPlot({
    width,
    height: 150,
    marginLeft: 40,
    marginRight: 14,
    marginTop: 22,
    marginBottom: 24,
    x: { domain: [low, high], label: null, ticks: 4, tickFormat: tick },
    y: { label: '% of them', ticks: 3, nice: true, labelArrow: 'none' },
    marks: [
      areaY(points(end), { x: '0', y: '1', fill: 'var(--c1)', fillOpacity: 0.3, curve: 'step' }),
      lineY(points(end), { x: '0', y: '1', stroke: 'var(--c1)', strokeWidth: 1.5, curve: 'step' }),
      lineY(points(start), {
        x: '0',
        y: '1',
        stroke: 'var(--c2)',
        strokeWidth: 1.5,
        strokeDasharray: '4 2',
        curve: 'step',
      }),
    ],
  });
}
