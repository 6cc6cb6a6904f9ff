import { list, nullable, optional, record, table } from '../../options/schema/containers.ts';
import { count, figure, learningRateKey, name, number } from '../../options/schema/scalars.ts';
import type { Read } from '../../options/schema/schema.ts';
import { decimal } from '../../terminal/text/format.ts';
import { tick } from '../axes.ts';
import { lineChart } from '../charts/line-chart.ts';
import type { Picture } from '../picture.ts';

const rateRun = record({
  verdict: name,
  finalLoss: nullable(number()), // null if not finite
  losses: list(figure(), 1, 1_000_000),
});

const noiseOfBatch = record({ batch: count(1), measured: number(0), theory: number(0) });

/** The part of descent.json that is drawn. */
export const descentDocument = record({
  rates: optional(table(learningRateKey, rateRun, 1, 1000)),
  noise: optional(list(noiseOfBatch, 1, 1000)),
});

type DescentDocument = Read<typeof descentDocument>;

/** Losses by learning rate, and the gradient error by batch size. */
export function descentPictures({ rates, noise }: DescentDocument): Picture[] {
  return [...(rates === undefined ? [] : [byRate(rates)]), ...(noise === undefined ? [] : [noiseOfBatches(noise)])];
}

/** Maximum number of lines of a chart; of more learning rates, some are drawn. */
const MAX_LINES = 6;

function byRate(rates: NonNullable<DescentDocument['rates']>): Picture {
  const sortedRates = Object.entries(rates).sort(([a], [b]) => Number(a) - Number(b));
  const firstDiverging = sortedRates.findIndex(([, { verdict }]) => verdict === 'diverges');
  const upToDiverging = firstDiverging === -1 ? sortedRates : sortedRates.slice(0, firstDiverging + 1);
  const shownRuns = upToDiverging.filter(
    (_, k) => (upToDiverging.length - 1 - k) % Math.ceil(upToDiverging.length / MAX_LINES) === 0,
  );
  const finite = sortedRates.filter(([, { finalLoss }]) => finalLoss !== null);
  const [best] = finite.reduce((a, b) => ((b[1].finalLoss ?? 0) < (a[1].finalLoss ?? 0) ? b : a));
  const diverging = firstDiverging === -1 ? undefined : sortedRates[firstDiverging];
  return {
    name: 'loss-by-rate',
    title: `The learning rate ${tick(Number(best))} reaches the lowest loss${diverging === undefined ? '' : `; at ${tick(Number(diverging[0]))} training diverges`}`,
    caption:
      'The same problem from the same weights by plain gradient descent, one line per learning rate. With too small a rate the loss falls slowly; with too large a rate it rises.',
    altText: sortedRates
      .map(
        ([rate, { verdict, finalLoss }]) =>
          `Rate ${rate} ${verdict}${finalLoss === null ? '' : `, final loss ${decimal(finalLoss)}`}`,
      )
      .join('; '),
    draw: lineChart({
      series: shownRuns.map(([rate, { losses, verdict }]) => ({
        name: `${tick(Number(rate))} ${verdict}`,
        // Higher values are not drawn: a diverging line would flatten all others.
        points: losses.map((loss, step) => [step, loss] as const).filter(([, loss]) => loss < 100 * losses[0]),
        dots: false,
      })),
      x: { label: 'step' },
      y: { label: 'loss', log: true },
    }),
  };
}

function noiseOfBatches(noise: NonNullable<DescentDocument['noise']>): Picture {
  const pointsOf = (figure: 'measured' | 'theory') =>
    noise.map(({ batch, [figure]: value }) => [batch, value] as const).filter(([, value]) => value > 1e-9);
  return {
    name: 'batch-noise',
    title: fallOf(noise),
    caption: 'Distance between the gradient of a batch and that of all rows, root mean square over many batches.',
    altText: noise
      .map(({ batch, measured, theory }) => `${batch} rows: ${decimal(measured)}, theory ${decimal(theory)}`)
      .join('; '),
    draw: lineChart({
      series: [
        { name: 'measured', points: pointsOf('measured') },
        { name: 'theory', points: pointsOf('theory'), dots: false },
      ],
      x: { label: 'batch size', log: true },
      y: { label: 'gradient error', log: true },
      height: 260,
    }),
  };
}

/** Compares the first batch size with the fifth, which is still a small part of all rows. */
function fallOf(noise: NonNullable<DescentDocument['noise']>): string {
  const [small] = noise;
  const large = noise[Math.min(4, noise.length - 1)];
  const ratio = (small.measured / large.measured).toPrecision(2);
  const batchRatio = large.batch / small.batch;
  return `The gradient error at batch size ${large.batch} is ${ratio} times smaller than at ${small.batch} (the square root of ${batchRatio} is ${Math.sqrt(batchRatio).toPrecision(2)})`;
}
