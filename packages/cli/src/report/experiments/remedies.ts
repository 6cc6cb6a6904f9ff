import { nullable, record, table } from '../../options/schema/containers.ts';
import { count, name, number } from '../../options/schema/scalars.ts';
import type { Read } from '../../options/schema/schema.ts';
import { percent, plural, whole } from '../../terminal/text/format.ts';
import { highest, lowest, shortNumber, tick } from '../axes.ts';
import { barChart } from '../charts/bar-chart.ts';
import type { Picture } from '../picture.ts';

const remedy = record({
  firstOverLast: nullable(number()), // ratio of gradients before the first step; null if one is not a number
  rate: number(),
  testAccuracy: nullable(number(0, 1)),
});

/** The part of remedies.json that is drawn. */
export const remediesDocument = record({
  depth: count(1),
  steps: count(),
  testRows: count(),
  chance: number(0, 1),
  remedies: table(name, remedy, 1, 100),
});

type Remedy = Read<typeof remedy>;
type RemediesDocument = Read<typeof remediesDocument>;

/** An accuracy this far above chance means that a network has learned. */
const MIN_MARGIN = 0.1;
const LEARNED = 'var(--c1)';
const STALLED = 'var(--c2)';

/** The gradient at the first layer, and the test accuracy. */
export function remedyPictures(document: RemediesDocument): Picture[] {
  return [gradients(document), accuracies(document)];
}

const hasLearned = ({ testAccuracy }: Remedy, chance: number): boolean => (testAccuracy ?? 0) > chance + MIN_MARGIN;

function gradients({ depth, chance, remedies }: RemediesDocument): Picture {
  const remediesWithFactors = Object.entries(remedies).filter(([, { firstOverLast }]) => (firstOverLast ?? 0) > 0);
  const [learnedRatios, stalledRatios] = [true, false].map((isLearned) =>
    remediesWithFactors
      .filter(([, remedy]) => hasLearned(remedy, chance) === isLearned)
      .map(([, { firstOverLast }]) => firstOverLast ?? 0),
  );
  const lowestLearned = lowest(learnedRatios);
  const highestStalled = highest(stalledRatios);
  return {
    name: 'gradient-of-remedies',
    title:
      learnedRatios.length === 0 || stalledRatios.length === 0
        ? `Gradient at the first of ${depth} layers, by remedy`
        : highestStalled < lowestLearned
          ? `Networks learn where ${shareText(lowestLearned)} or more of the gradient reaches the first layer; with ${shareText(highestStalled)} or less, none does`
          : `${stalledRatios.length} of ${plural(remediesWithFactors.length, 'network')} do not learn; the smallest share of the gradient at their first layer is ${shareText(lowest(stalledRatios))}`,
    caption: `Gradient at the first of ${depth} layers divided by that at the last, before the first step, on a logarithmic scale; 1 means equally large. Blue networks learn, orange ones stay at chance.`,
    altText: remediesWithFactors
      .map(
        ([name, one]) =>
          `${name}: ${shortNumber(one.firstOverLast ?? Number.NaN, 2)}, ${hasLearned(one, chance) ? 'learns' : 'does not learn'}`,
      )
      .join('; '),
    draw: barChart({
      bars: remediesWithFactors.map(([name, one]) => ({
        name,
        value: one.firstOverLast ?? 0,
        text: shortNumber(one.firstOverLast ?? Number.NaN, 2),
        color: hasLearned(one, chance) ? LEARNED : STALLED,
      })),
      x: { label: 'gradient at the first layer / at the last', log: true },
      rule: { at: 1, name: 'equally large' },
    }),
  };
}

function accuracies({ depth, steps, testRows, chance, remedies }: RemediesDocument): Picture {
  const networks = Object.entries(remedies).map(([name, one]) => ({ name, ...one, accuracy: one.testAccuracy ?? 0 }));
  const best = networks.reduce((high, one) => (one.accuracy > high.accuracy ? one : high));
  const stalledCount = networks.filter((one) => !hasLearned(one, chance)).length;
  return {
    name: 'accuracy-of-remedies',
    title: `Best test accuracy with ${depth} layers: ${best.name}, ${percent(best.accuracy)}; ${stalledCount} of ${plural(networks.length, 'network')} stay at chance`,
    caption: `Accuracy on ${whole(testRows)} test rows after ${whole(steps)} steps, each network at the best of the learning rates that were tried. Always answering the same class gets ${percent(chance)}.`,
    altText: networks
      .map(({ name, accuracy, rate }) => `${name}: ${percent(accuracy)} at a rate of ${tick(rate)}`)
      .join('; '),
    draw: barChart({
      bars: networks.map((one) => ({
        name: one.name,
        value: 100 * one.accuracy,
        text: `${(100 * one.accuracy).toFixed(1)} %`,
        color: hasLearned(one, chance) ? LEARNED : STALLED,
      })),
      x: { label: 'test accuracy (%)', domain: [0, 100] },
      rule: { at: 100 * chance, name: 'always the same class' },
    }),
  };
}

/** '1/3', or 'all' near 1. */
const shareText = (share: number): string => (share > 0.7 ? 'all' : `1/${shortNumber(1 / share, 2)}`);
