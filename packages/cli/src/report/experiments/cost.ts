import { list, record } from '../../options/schema/containers.ts';
import { count, figure, whole } from '../../options/schema/scalars.ts';
import type { Read } from '../../options/schema/schema.ts';
import { lineChart } from '../charts/line-chart.ts';
import type { Picture } from '../picture.ts';
import { strokeOf } from '../theme.ts';

/** The part of cost.json that is drawn. */
export const costDocument = record({
  batch: count(1),
  cases: list(record({ depth: whole(1, 100_000), width: count(1), ratio: figure(0) }), 0, 1000),
});

/** Backward to forward time by depth, counted and timed. */
export function costPictures({ batch, cases }: Read<typeof costDocument>): Picture[] {
  if (cases.length === 0) return [];
  const widths = [...new Set(cases.map(({ width }) => width))];
  const depths = [...new Set(cases.map(({ depth }) => depth))].sort((a, b) => a - b);
  const deepest = depths[depths.length - 1];
  const theoryPoints = Array.from({ length: 4 * deepest - 3 }, (_, k) => 1 + k / 4).map((L) => [L, 2 - 1 / L] as const);
  const slowest = cases.reduce((max, other) => (other.ratio > max.ratio ? other : max));
  return [
    {
      name: 'backward-by-depth',
      title: `The backward pass takes at most ${slowest.ratio.toFixed(2)} times as long as the forward pass (${slowest.depth} layers of ${slowest.width})`,
      caption: `Time of the backward pass divided by that of the forward pass, ${batch} rows per pass. In multiply-adds, L layers of one size have a ratio of 2 − 1/L: each layer takes one product forward and two backward, the first only one.`,
      altText: cases
        .map(
          ({ depth, width, ratio }) =>
            `${depth} of ${width}: ${ratio.toFixed(2)}, counted ${(2 - 1 / depth).toFixed(2)}`,
        )
        .join('; '),
      draw: lineChart({
        series: [
          { name: 'counted, 2 − 1/L', points: theoryPoints, dots: false, stroke: { color: 'var(--ink)', dash: '5 4' } },
          ...widths.map((units, k) => ({
            name: `timed, ${units} units`,
            stroke: strokeOf(k),
            dots: true,
            points: cases.filter(({ width }) => width === units).map(({ depth, ratio }) => [depth, ratio] as const),
          })),
        ],
        x: { label: 'layers', log: true },
        y: { label: 'backward / forward time', domain: [0, 2] },
      }),
    },
  ];
}
