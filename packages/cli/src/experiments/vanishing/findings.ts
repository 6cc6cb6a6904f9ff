import { activations } from '@gradloom/core';
import { decimal, percent } from '../../report/format.ts';
import { type Finding, holds, printed } from '../finding.ts';
import type { Comparison, Setup } from './compare.ts';
import type { DeepData } from './deep-data.ts';
import { hasLearned, isChance } from './learning.ts';

/** From this depth on the chapter's claim holds: sigmoid does not learn. */
const DEEP = 20;

/**
 * How far a factor may lie from theory. Widths are finite: at 64 units, factors of 20 starts spread by 2 % about theory,
 * and the spread shrinks with the root of the width.
 */
const tolerance = (width: number): number => 0.02 + 0.8 / Math.sqrt(width);

export function findingsOf(comparisons: readonly Comparison[], setup: Setup, data: DeepData): Finding[] {
  const depth = setup.hidden.length;
  const found = slopes();
  for (const comparison of comparisons) {
    const finding = besideTheory(comparison, setup.hidden[0]);
    if (finding !== undefined) found.push(finding);
  }
  if (depth < DEEP || data.chance === null) return found;
  for (const comparison of comparisons) {
    if (comparison.label === 'sigmoid') found.push(...staysAtChance(comparison, depth, data, data.chance));
    if (comparison.label === 'relu') found.push(...learns(comparison, depth, data.chance));
  }
  return found;
}

/** The chapter's bound: what is left of a gradient by the slopes of a number of sigmoids. */
function slopes(): Finding[] {
  const { apply, derivative } = activations.sigmoid;
  const steps = Array.from({ length: 2001 }, (_, k) => (k - 1000) / 100);
  const most = steps.reduce((best, z) => Math.max(best, derivative(z, apply(z))), 0);
  return [
    printed('largest slope of sigmoid, at 0', '0.25', most),
    printed('the bound over 10 layers', '9.5e-7', most ** 10),
    printed('the bound over 20 layers', '9.1e-13', most ** 20),
  ];
}

function besideTheory({ label, start }: Comparison, width: number): Finding | undefined {
  const { factor } = start.measured;
  const expected = start.expected.factor;
  if (factor === null || expected === null) return undefined;
  const off = Math.abs(factor / expected - 1);
  const allowed = tolerance(width);
  return holds(
    `${label}: factor of dL/dz a layer`,
    `${decimal(expected)} in theory`,
    factor,
    off <= allowed,
    `${percent(off)} off, ${percent(allowed)} allowed at width ${width}`,
  );
}

function staysAtChance(
  { common, best, sweep }: Comparison,
  depth: number,
  { test, validation }: DeepData,
  chance: number,
): Finding[] {
  const accuracies = sweep.trials.map(({ run }) => run.validation?.accuracy ?? 0);
  const most = accuracies.reduce((a, b) => Math.max(a, b));
  const at = (accuracy: number) => `${percent(accuracy)} of rows`;
  return [
    holds(
      `sigmoid at depth ${depth}, same rate`,
      'stays at chance',
      at(common.test?.accuracy ?? 0),
      isChance(common.test?.accuracy ?? 0, chance, test.rows),
    ),
    holds(
      `sigmoid at depth ${depth}, ${sweep.trials.length} rates`,
      'stays at chance',
      `at most ${at(most)}`,
      isChance(most, chance, validation.rows) && isChance(best.test?.accuracy ?? 0, chance, test.rows),
      'validation rows',
    ),
  ];
}

function learns({ common, best }: Comparison, depth: number, chance: number): Finding[] {
  return [common, best].map(({ test }, k) =>
    holds(
      `relu at depth ${depth}, ${k === 0 ? 'same' : 'best'} rate`,
      'learns',
      `${percent(test?.accuracy ?? 0)} of rows`,
      hasLearned(test?.accuracy ?? 0, chance),
    ),
  );
}
