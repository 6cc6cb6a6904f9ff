import { activations, mathOf } from '@gradloom/core';
import { decimal, percent, whole } from '../../../terminal/text/format.ts';
import { table } from '../../../terminal/text/table.ts';
import type { Section } from '../experiment.ts';
import { chapterFigure, claim, type Finding, unclaimedFigure } from '../finding.ts';
import { type Comparison, EPSILON, LONG_EPOCHS, type Setup, TINY_EPSILON, whyUnclaimed } from './compare.ts';
import { type DeepData, hasLearned, isChance } from './deep-data.ts';
import { factorRange } from './start-factors.ts';

export function findingsOf(comparisons: readonly Comparison[], setup: Setup, data: DeepData): Finding[] {
  const { chance } = data;
  const reasons = whyUnclaimed(setup, data);
  const trainingFindings = (comparison: Comparison): Finding[] => {
    if (chance === null) return [];
    const findings = [...endFindings(comparison, data, chance), ...longFindings(comparison, data, chance)];
    const claims =
      reasons.length === 0
        ? findings
        : findings.map(({ what, computed }) => unclaimedFigure(what, computed, reasons.join('; ')));
    return [...claims, ...epsilonFindings(comparison)];
  };
  return [...slopeFindings(), ...comparisons.flatMap(theoryFindings), ...comparisons.flatMap(trainingFindings)];
}

/** The chapter's bound: the greatest factor that the slopes of n sigmoids leave of a gradient. */
function slopeFindings(): Finding[] {
  const { apply, derivative } = activations.sigmoid;
  const math = mathOf('float64');
  const steps = Array.from({ length: 2001 }, (_, k) => (k - 1000) / 100);
  const maxSlope = Math.max(...steps.map((z) => derivative(math, z, apply(math, z))));
  return [
    chapterFigure("sigmoid' at most", '0.25', maxSlope),
    chapterFigure('0.25^10', '9.5e-7', maxSlope ** 10),
    chapterFigure('0.25^20', '9.1e-13', maxSlope ** 20),
    claim('0.25^48 is 2^-96', maxSlope ** 48, maxSlope ** 48 === 2 ** -96),
  ];
}

/** No finding if there is no factor, or too few units for theory to predict a single network. */
function theoryFindings({ label, seeds }: Comparison): Finding[] {
  const range = factorRange(seeds);
  if (range === null) return [];
  const { factor, low, high } = range;
  const isWithin = factor >= low && factor <= high;
  const theory = `theory ${decimal(low)} to ${decimal(high)}`;
  return [claim(`${label}: dL/dz per layer is as theory says`, decimal(factor), isWithin, theory)];
}

/** The known results of 20 layers: sigmoid stays at chance; relu, and sigmoid after batch-norm, learn. */
function endFindings(comparison: Comparison, data: DeepData, chance: number): Finding[] {
  if (comparison.label === 'sigmoid') return staysAtChance(comparison, data, chance);
  return comparison.label === 'relu' || comparison.label === 'batch-norm+sigmoid' ? learns(comparison, chance) : [];
}

function staysAtChance(
  { atCommonRate, atBestRate, sweep }: Comparison,
  { test, validation }: DeepData,
  chance: number,
): Finding[] {
  const accuracies = sweep.trials.map(({ outcome }) => outcome.validation?.accuracy ?? 0);
  const highest = Math.max(...accuracies);
  const [atCommon, atBest] = [atCommonRate, atBestRate].map((end) => end.test?.accuracy ?? 0);
  return [
    claim('sigmoid stays at chance, same rate', percent(atCommon), isChance(atCommon, chance, test.rows)),
    claim(
      `sigmoid stays at chance, any of ${sweep.trials.length} rates`,
      `${percent(Math.max(highest, atBest))} at most`,
      isChance(highest, chance, validation.rows) && isChance(atBest, chance, test.rows),
    ),
  ];
}

function learns({ label, atCommonRate, atBestRate }: Comparison, chance: number): Finding[] {
  return [atCommonRate, atBestRate].map(({ test }, k) => {
    const accuracy = test?.accuracy ?? 0;
    return claim(`${label} learns, ${k === 0 ? 'same' : 'best'} rate`, percent(accuracy), hasLearned(accuracy, chance));
  });
}

/** Size of Adam's first step relative to the rate, |g| / (|g| + ε), for a gradient of this size. */
const shareOf = (gradient: number, epsilon: number): number => gradient / (gradient + epsilon);

/** Why no rate helps: Adam divides by √v + ε, and the gradients of the first layers are below ε. */
export function epsilonSection({ label, probes, withTinyEpsilon }: Comparison, { hidden }: Setup): Section[] {
  if (withTinyEpsilon === null) return [];
  const { layers } = probes[0];
  const layerIndices = [...new Set([0, 4, 9, 14, hidden.length - 1])].filter((h) => h < hidden.length);
  return [
    {
      title: `Why no rate helps ${label}: Adam's epsilon`,
      lines: [
        '  Adam divides by sqrt(v) + epsilon. If a gradient g is far above epsilon, the',
        '  first step is the full rate; if far below, almost 0: |g| / (|g| + epsilon).',
        '',
        ...table(
          ['hidden layer', 'dL/dW', `step, epsilon ${EPSILON}`, `step, epsilon ${TINY_EPSILON}`],
          layerIndices.map((h) => [
            String(h + 1),
            layers[h].rmsDW.toExponential(1),
            ...[EPSILON, TINY_EPSILON].map((epsilon) => asPercent(shareOf(layers[h].rmsDW, epsilon))),
          ]),
          { right: [0, 1, 2, 3] },
        ).map((line) => `  ${line}`),
        '',
        `  With epsilon ${TINY_EPSILON}, the same network from the same weights at rate ${withTinyEpsilon.lr}`,
        `  has ${accuracyOf(withTinyEpsilon)} test accuracy. It stays at chance only with the usual epsilon:`,
        '  the first layers have a gradient, but Adam treats it as 0.',
      ],
    },
  ];
}

function epsilonFindings({ label, probes, withTinyEpsilon }: Comparison): Finding[] {
  if (withTinyEpsilon === null) return [];
  const share = shareOf(probes[0].layers[0].rmsDW, EPSILON);
  return [
    claim(`${label}: Adam's first step in hidden layer 1 is below 1 % of its rate`, asPercent(share), share < 0.01),
    unclaimedFigure(
      `${label}, epsilon ${TINY_EPSILON}, rate ${withTinyEpsilon.lr}`,
      accuracyOf(withTinyEpsilon),
      'with another epsilon, it depends on the start',
    ),
  ];
}

const accuracyOf = ({ test }: NonNullable<Comparison['withTinyEpsilon']>): string =>
  test?.accuracy === undefined ? 'none' : percent(test.accuracy);

const asPercent = (share: number): string => `${decimal(100 * share)} %`;

export function longSection(comparisons: readonly Comparison[], { runOptions }: Setup): Section[] {
  const runs = comparisons.flatMap(({ label, longRun }) => (longRun === null ? [] : [{ label, ...longRun }]));
  if (runs.length === 0) return [];
  return [
    {
      title: `After ${LONG_EPOCHS} epochs, ${whole(runs[0].steps)} steps, at the same rate, ${runOptions.optimizer.lr}`,
      lines: table(
        ['', 'loss', 'accuracy'],
        runs.map(({ label, test }) => [
          label,
          test === null ? 'diverged' : decimal(test.loss),
          test?.accuracy === undefined ? '' : percent(test.accuracy),
        ]),
        { right: [1, 2] },
      ).map((line) => `  ${line}`),
    },
  ];
}

/** The claims about some hundred steps also hold after ten epochs. */
function longFindings({ label, longRun }: Comparison, { test }: DeepData, chance: number): Finding[] {
  if (longRun === null) return [];
  const accuracy = longRun.test?.accuracy ?? 0;
  const accuracyText = percent(accuracy);
  if (label === 'sigmoid') {
    return [
      claim(`sigmoid stays at chance, ${LONG_EPOCHS} epochs`, accuracyText, isChance(accuracy, chance, test.rows)),
    ];
  }
  const learns = label === 'relu' || label === 'batch-norm+sigmoid';
  return learns ? [claim(`${label} learns, ${LONG_EPOCHS} epochs`, accuracyText, hasLearned(accuracy, chance))] : [];
}
