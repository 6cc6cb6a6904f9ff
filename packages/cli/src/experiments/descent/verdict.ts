export type Verdict = 'crawls' | 'slow' | 'learns' | 'overshoots' | 'diverges';

/**
 * What became of the first loss: the last is above it or not finite, diverges; it rose above it on the way and came
 * back, overshoots; else above 99 % of it, crawls; above a tenth, slow; below, learns.
 */
export function verdictOf(losses: readonly number[], finalLoss: number): Verdict {
  const [first] = losses;
  const share = finalLoss / first;
  if (!(share <= 1)) return 'diverges';
  if (losses.some((loss) => loss > first)) return 'overshoots';
  return share > 0.99 ? 'crawls' : share > 0.1 ? 'slow' : 'learns';
}
