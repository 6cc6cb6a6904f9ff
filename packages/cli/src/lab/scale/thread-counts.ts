/** Most counts that are tried up to the cores. */
const MOST = 12;

/**
 * Counts from 1 to the cores, and the cores themselves; beyond them, where threads take turns, only `most` and, if
 * nearer, one more.
 */
export function threadCounts(cores: number, most: number): number[] {
  const within = Math.min(cores, most);
  const counts = new Set<number>([within]);
  // Near 1 every count, then in even ratios: a law shows in ratios.
  for (let k = 0; k < MOST; k++)
    counts.add(within <= MOST ? Math.min(within, k + 1) : Math.round(within ** (k / (MOST - 1))));
  if (most > cores) for (const count of [cores + 1, most]) counts.add(count);
  return [...counts].sort((a, b) => a - b);
}
