import type { Dataset } from '@gradloom/runtime';

/** The share of the rows in the class that has most of them: what a net reaches that answers the same to every row. */
export function largestClass({ targets, rows, classes }: Dataset): number {
  const counts = new Array<number>(classes ?? 1).fill(0);
  for (let n = 0; n < rows; n++) counts[targets.array[n]]++;
  return Math.max(...counts) / rows;
}

/** How far from chance an accuracy may lie by luck alone: three standard errors of a share of `rows`. */
export const isChance = (accuracy: number, chance: number, rows: number): boolean =>
  accuracy <= chance + 3 * Math.sqrt((chance * (1 - chance)) / rows);

/** More than half of the way from chance to all. */
export const hasLearned = (accuracy: number, chance: number): boolean => accuracy > (1 + chance) / 2;
