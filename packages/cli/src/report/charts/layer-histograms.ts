import { areaY, lineY } from '@observablehq/plot';
import type { LayerHistogram } from '../../lab/figures/layer-histogram.ts';
import { capital } from '../../terminal/text/format.ts';
import { isDrawableLog, shortNumber, tick } from '../axes.ts';
import { grid, legend, stack } from '../compose.ts';
import type { Drawing, Picture } from '../picture.ts';
import { drawPlot, strokeOf } from '../theme.ts';
import { hoverStrips } from './hover-strips.ts';

const wordsOf = {
  weights: {
    name: 'weights',
    axis: 'weight',
    sentence: 'Histogram of each layer’s weights. The dashed outline is before training.',
  },
  outputs: {
    name: 'outputs',
    axis: 'output',
    sentence:
      'Histogram of each activation’s outputs over some training rows. The dashed outline is before training. A peak at an end means saturated or inactive units, which pass on almost no gradient.',
  },
} as const;

/** A standard deviation that changes by a smaller share counts as unchanged. */
const UNCHANGED_SHARE = 0.05;

/** Histograms of this kind, one panel per layer; `network` names one of several networks. Null if there is none. */
export function layerHistogramPicture(
  kind: LayerHistogram['kind'],
  histograms: readonly LayerHistogram[],
  network = '',
): Picture | null {
  // Bins need a width: finite, and above zero.
  const drawn = histograms.filter(
    (histogram) => histogram.kind === kind && isDrawableLog(histogram.high - histogram.low),
  );
  if (drawn.length === 0) return null;
  const spreads = drawn.map(({ layer, low, high, start, end }) => {
    const [from, to] = [start, end].map((shares) => deviation(shares, low, high));
    return { layer, from, to, change: from === to ? 0 : Math.abs(Math.log(to / from)) };
  });
  const largest = spreads.reduce((a, b) => (b.change > a.change ? b : a));
  const { name, axis, sentence } = wordsOf[kind];
  return {
    name: network === '' ? kind : `${kind}-${network.replaceAll(/\W+/g, '-').slice(0, 60)}`,
    title: `${network === '' ? '' : `${network}: `}${titleOf(name, largest, network !== '')}`,
    caption: sentence,
    altText: drawn
      .map(
        ({ layer, low, high }, k) =>
          `${layer}: from ${shortNumber(low)} to ${shortNumber(high)}, standard deviation ${shortNumber(spreads[k].from)} before training and ${shortNumber(spreads[k].to)} after`,
      )
      .join('; '),
    draw: stack([
      legend([
        { name: 'before training', stroke: strokeOf(1) },
        { name: 'after training', stroke: strokeOf(0) },
      ]),
      grid(
        drawn.map((histogram) => ({ title: histogram.layer, draw: (width) => drawHistogram(histogram, axis, width) })),
        3,
      ),
    ]),
  };
}

function titleOf(name: string, { layer, from, to, change }: Spread, isPart: boolean): string {
  const title = isPart ? name : capital(name);
  return change < Math.log(1 + UNCHANGED_SHARE)
    ? `${title}: the standard deviation of every layer changes by less than ${100 * UNCHANGED_SHARE} %`
    : `${title} change most in ${layer}: standard deviation ${shortNumber(from)} before training, ${shortNumber(to)} after`;
}

interface Spread {
  readonly layer: string;
  readonly from: number; // standard deviation
  readonly to: number;
  readonly change: number; // change of the logarithm of the standard deviation
}

function drawHistogram({ low, high, start, end }: LayerHistogram, label: string, width: number): Drawing {
  const bin = (high - low) / end.length;
  const points = (shares: readonly number[]) => shares.map((share, k) => [low + (k + 0.5) * bin, 100 * share]);
  return drawPlot({
    width,
    height: 164,
    margins: { left: 40, right: 14, top: 22, bottom: 38 },
    x: { domain: [low, high], label, ticks: 4, tickFormat: tick },
    y: { label: '%', ticks: 3, nice: true, labelArrow: 'none' },
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
      hoverStrips(
        [
          { name: 'before training', points: percentOf(points(start)) },
          { name: 'after training', points: percentOf(points(end)) },
        ],
        (x) => `${label} ${shortNumber(x)}`,
      ),
    ],
  });
}

const percentOf = (points: readonly (readonly number[])[]) =>
  points.map(([x, share]) => [x, `${share.toFixed(2)} %`] as const);

/** Standard deviation of numbers in bins from `low` to `high`, taking each as the middle of its bin. */
function deviation(shares: readonly number[], low: number, high: number): number {
  const middle = (k: number) => low + ((k + 0.5) / shares.length) * (high - low);
  const mean = shares.reduce((sum, share, k) => sum + share * middle(k), 0);
  return Math.sqrt(shares.reduce((sum, share, k) => sum + share * (middle(k) - mean) ** 2, 0));
}
