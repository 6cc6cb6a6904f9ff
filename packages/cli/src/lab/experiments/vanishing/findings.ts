import { activations, mathOf } from '@gradloom/core';
import { decimal, percent } from '../../../terminal/text/format.ts';
import { type Finding, holds, printed, unclaimed } from '../finding.ts';
import { type Comparison, type Setup, whyUnclaimed } from './compare.ts';
import type { DeepData } from './deep-data.ts';
import { epsilonFindings } from './epsilon.ts';
import { factorRange } from './finite-width.ts';
import { hasLearned, isChance } from './learning.ts';
import { longFindings } from './long-run.ts';

export function findingsOf(comparisons: readonly Comparison[], setup: Setup, data: DeepData): Finding[] {
  const found = slopes();
  for (const comparison of comparisons) {
    const finding = besideTheory(comparison);
    if (finding !== undefined) found.push(finding);
  }
  const { chance } = data;
  if (chance === null) return found;
  const why = whyUnclaimed(setup, data);
  for (const comparison of comparisons) {
    const own = [...ends(comparison, data, chance), ...longFindings(comparison, data, chance)];
    found.push(
      ...(why.length === 0 ? own : own.map(({ what, computed }) => unclaimed(what, computed, why.join('; ')))),
    );
    found.push(...epsilonFindings(comparison));
  }
  return found;
}

/** The chapter's bound: the most that the slopes of n sigmoids leave of a gradient. */
function slopes(): Finding[] {
  const { apply, derivative } = activations.sigmoid;
  const math = mathOf('float64');
  const steps = Array.from({ length: 2001 }, (_, k) => (k - 1000) / 100);
  const most = steps.reduce((best, z) => Math.max(best, derivative(math, z, apply(math, z))), 0);
  return [
    printed("sigmoid' at most", '0.25', most),
    printed('0.25^10', '9.5e-7', most ** 10),
    printed('0.25^20', '9.1e-13', most ** 20),
    holds('0.25^48 is 2^-96', most ** 48, most ** 48 === 2 ** -96),
  ];
}

/** No finding if there is no factor, or so few units that theory cannot say anything about one network. */
function besideTheory({ label, seeds }: Comparison): Finding | undefined {
  const range = factorRange(seeds);
  if (range === null) return undefined;
  const { factor, low, high } = range;
  return holds(
    `${label}: dL/dz per layer is as theory says`,
    decimal(factor),
    factor >= low && factor <= high,
    `theory ${decimal(low)} to ${decimal(high)}`,
  );
}

/**
 * The known results of 20 layers: sigmoid stays at chance, relu and sigmoid behind batch-norm learn. Nothing is claimed
 * for others.
 */
function ends(comparison: Comparison, data: DeepData, chance: number): Finding[] {
  if (comparison.label === 'sigmoid') return staysAtChance(comparison, data, chance);
  return comparison.label === 'relu' || comparison.label === 'batch-norm+sigmoid' ? learns(comparison, chance) : [];
}

function staysAtChance({ common, best, sweep }: Comparison, { test, validation }: DeepData, chance: number): Finding[] {
  const accuracies = sweep.trials.map(({ outcome }) => outcome.validation?.accuracy ?? 0);
  const most = accuracies.reduce((a, b) => Math.max(a, b));
  const [atCommon, atBest] = [common, best].map((end) => end.test?.accuracy ?? 0);
  return [
    holds('sigmoid stays at chance, same rate', percent(atCommon), isChance(atCommon, chance, test.rows)),
    holds(
      `sigmoid stays at chance, any of ${sweep.trials.length} rates`,
      `${percent(Math.max(most, atBest))} at most`,
      isChance(most, chance, validation.rows) && isChance(atBest, chance, test.rows),
    ),
  ];
}

function learns({ label, common, best }: Comparison, chance: number): Finding[] {
  return [common, best].map(({ test }, k) => {
    const accuracy = test?.accuracy ?? 0;
    return holds(`${label} learns, ${k === 0 ? 'same' : 'best'} rate`, percent(accuracy), hasLearned(accuracy, chance));
  });
}
