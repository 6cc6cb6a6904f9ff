import { activations } from '@gradloom/core';
import { decimal, percent } from '../../report/format.ts';
import { type Finding, holds, printed } from '../finding.ts';
import type { Comparison, Setup } from './compare.ts';
import type { DeepData } from './deep-data.ts';
import { factorRange } from './finite-width.ts';
import { hasLearned, isChance } from './learning.ts';

export function findingsOf(comparisons: readonly Comparison[], setup: Setup, data: DeepData): Finding[] {
  const found = slopes();
  for (const comparison of comparisons) {
    const finding = besideTheory(comparison);
    if (finding !== undefined) found.push(finding);
  }
  if (!isClaimed(setup, data) || data.chance === null) return found;
  for (const comparison of comparisons) {
    if (comparison.label === 'sigmoid') found.push(...staysAtChance(comparison, data, data.chance));
    if (comparison.label === 'relu') found.push(...learns(comparison, data.chance));
  }
  return found;
}

/** Where the chapter's claim of depth 20 is held against the numbers; with other settings the tables speak for themselves. */
function isClaimed({ hidden, init, length }: Setup, { train }: DeepData): boolean {
  const { optimizer, batch, steps } = length;
  return (
    train.name === 'mnist' &&
    hidden.length === 20 &&
    hidden[0] >= 32 &&
    (typeof init === 'string' ? init : init.kind) === 'he-normal' &&
    optimizer.kind === 'adam' &&
    optimizer.lr === 0.001 &&
    batch !== 'full' &&
    batch >= 32 &&
    steps >= 200 &&
    steps <= 1000
  );
}

/** The chapter's bound: what is left of a gradient by the slopes of a number of sigmoids. */
function slopes(): Finding[] {
  const { apply, derivative } = activations.sigmoid;
  const steps = Array.from({ length: 2001 }, (_, k) => (k - 1000) / 100);
  const most = steps.reduce((best, z) => Math.max(best, derivative(z, apply(z))), 0);
  return [
    printed("sigmoid' at most", '0.25', most),
    printed('0.25^10', '9.5e-7', most ** 10),
    printed('0.25^20', '9.1e-13', most ** 20),
  ];
}

/** No finding where there is no factor, or so few units that theory says next to nothing of one net. */
function besideTheory({ label, seeds }: Comparison): Finding | undefined {
  const range = factorRange(seeds);
  if (range === null) return undefined;
  const { factor, low, high } = range;
  return holds(
    `${label}: dL/dz, a layer`,
    `theory ${decimal(low)} to ${decimal(high)}`,
    decimal(factor),
    factor >= low && factor <= high,
  );
}

function staysAtChance({ common, best, sweep }: Comparison, { test, validation }: DeepData, chance: number): Finding[] {
  const accuracies = sweep.trials.map(({ outcome }) => outcome.validation?.accuracy ?? 0);
  const most = accuracies.reduce((a, b) => Math.max(a, b));
  const [atCommon, atBest] = [common, best].map((end) => end.test?.accuracy ?? 0);
  return [
    holds('sigmoid, same rate', 'stays at chance', percent(atCommon), isChance(atCommon, chance, test.rows)),
    holds(
      `sigmoid, any of ${sweep.trials.length} rates`,
      'stays at chance',
      `${percent(Math.max(most, atBest))} at most`,
      isChance(most, chance, validation.rows) && isChance(atBest, chance, test.rows),
    ),
  ];
}

function learns({ common, best }: Comparison, chance: number): Finding[] {
  return [common, best].map(({ test }, k) => {
    const accuracy = test?.accuracy ?? 0;
    return holds(`relu, ${k === 0 ? 'same' : 'best'} rate`, 'learns', percent(accuracy), hasLearned(accuracy, chance));
  });
}
