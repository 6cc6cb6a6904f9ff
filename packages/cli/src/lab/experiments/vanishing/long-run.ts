import { decimal, percent, whole } from '../../../terminal/text/format.ts';
import { table } from '../../../terminal/text/table.ts';
import type { Section } from '../experiment.ts';
import { type Finding, holds } from '../finding.ts';
import { type Comparison, LONG_EPOCHS, type Setup } from './compare.ts';
import type { DeepData } from './deep-data.ts';
import { hasLearned, isChance } from './learning.ts';

export function longSection(comparisons: readonly Comparison[], { length }: Setup): Section[] {
  const runs = comparisons.flatMap(({ label, long }) => (long === null ? [] : [{ label, ...long }]));
  if (runs.length === 0) return [];
  return [
    {
      title: `After ${LONG_EPOCHS} epochs, ${whole(runs[0].steps)} steps, at the same rate, ${length.optimizer.lr}`,
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
export function longFindings({ label, long }: Comparison, { test }: DeepData, chance: number): Finding[] {
  if (long === null) return [];
  const accuracy = long.test?.accuracy ?? 0;
  const shown = percent(accuracy);
  if (label === 'sigmoid') {
    return [holds(`sigmoid stays at chance, ${LONG_EPOCHS} epochs`, shown, isChance(accuracy, chance, test.rows))];
  }
  const learns = label === 'relu' || label === 'batch-norm+sigmoid';
  return learns ? [holds(`${label} learns, ${LONG_EPOCHS} epochs`, shown, hasLearned(accuracy, chance))] : [];
}
