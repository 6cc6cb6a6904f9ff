import type { Dataset } from '@gradloom/runtime';

/** Share of the most frequent class: the accuracy of always answering it. */
export function largestClass({ targets, rows, classes }: Dataset): number {
  const counts = new Array<number>(classes ?? 1).fill(0);
  for (let n = 0; n < rows; n++) counts[targets.array[n]]++;
  return Math.max(...counts) / rows;
}

/** How far an accuracy may be from chance by luck: three standard errors of a share of `rows`. */
export const isChance = (accuracy: number, chance: number, rows: number): boolean =>
  accuracy <= chance + 3 * Math.sqrt((chance * (1 - chance)) / rows);

/** More than half way from chance to 100 %. */
export const hasLearned = (accuracy: number, chance: number): boolean => accuracy > (1 + chance) / 2;
