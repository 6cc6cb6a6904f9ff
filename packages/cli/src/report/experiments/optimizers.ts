import { list, record, table } from '../../options/schema/containers.ts';
import { figure, learningRateKey, name, number } from '../../options/schema/scalars.ts';
import type { Read } from '../../options/schema/schema.ts';
import { decimal } from '../../terminal/text/format.ts';
import { shortNumber, tick } from '../axes.ts';
import { lineChart } from '../charts/line-chart.ts';
import type { Picture } from '../picture.ts';

const optimizer = record({
  rate: number(),
  finalLoss: figure(), // NaN if training diverges at every rate
  losses: list(figure(), 1, 1_000_000),
  tried: table(learningRateKey, figure(), 0, 1000), // NaN if the run diverged
});

/** The part of optimizers.json that is drawn. */
export const optimizersDocument = record({ optimizers: table(name, optimizer, 0, 100) });

/** Training curves of optimizers at their best rates, and final losses at every rate. */
export function optimizerPictures({ optimizers }: Read<typeof optimizersDocument>): Picture[] {
  const runs = Object.entries(optimizers);
  if (runs.length === 0) return [];
  const [best, bestRun] = runs.reduce((best, run) => (run[1].finalLoss < best[1].finalLoss ? run : best));
  // Losses above ten times the first are not drawn: a nearly diverging run would flatten all others.
  const maxLoss = 10 * bestRun.losses[0];
  const triedOf = (lossByRate: (typeof bestRun)['tried']) =>
    Object.entries(lossByRate)
      .map(([rate, loss]) => [Number(rate), loss] as const)
      .filter(([, loss]) => loss <= maxLoss)
      .sort(([a], [b]) => a - b);
  const byRate = runs.map(([name, { rate }]) => ({ name, rate })).sort((a, b) => a.rate - b.rate);
  const [lowest, highest] = [byRate[0], byRate[byRate.length - 1]];
  return [
    {
      name: 'loss-by-optimizer',
      title: `Each at its best learning rate, ${best} reaches the lowest loss: ${shortNumber(bestRun.finalLoss)}`,
      caption:
        'The same problem from the same weights, one line per optimizer, each at the best of the learning rates that were tried.',
      altText: runs
        .map(([name, { rate, finalLoss }]) => `${name} at ${tick(rate)}: final loss ${decimal(finalLoss)}`)
        .join('; '),
      draw: lineChart({
        series: runs.map(([name, { losses, rate }]) => ({
          name: `${name} (${tick(rate)})`,
          points: losses.map((loss, step) => [step, loss] as const),
          dots: false,
        })),
        x: { label: 'step' },
        y: { label: 'loss', log: true },
      }),
    },
    {
      name: 'optimizer-by-rate',
      title: `Best learning rates go from ${tick(lowest.rate)} (${lowest.name}) to ${tick(highest.rate)} (${highest.name})`,
      caption:
        'Final loss at each learning rate that was tried. Where a line ends on the right, larger rates were not tried or diverged.',
      altText: runs
        .map(
          ([name, { tried }]) =>
            `${name}: ${triedOf(tried)
              .map(([rate, loss]) => `${decimal(loss)} at ${tick(rate)}`)
              .join(', ')}`,
        )
        .join('; '),
      draw: lineChart({
        series: runs.map(([name, { tried }]) => ({ name, points: triedOf(tried) })),
        x: { label: 'learning rate', log: true },
        y: { label: 'final loss', log: true },
      }),
    },
  ];
}
