export type Verdict = 'crawls' | 'slow' | 'learns' | 'overshoots' | 'diverges';

/** Verdicts and their definitions, as printed; the first one that applies counts. */
export const verdictKey: readonly (readonly [Verdict, string])[] = [
  ['diverges', 'the final loss is above the first, or not finite'],
  ['overshoots', 'the loss rose above the first, but fell again'],
  ['crawls', 'more than 99 % of the first loss is left'],
  ['slow', 'more than a tenth is left'],
  ['learns', 'a tenth or less is left'],
];

export function verdictOf(losses: readonly number[], finalLoss: number): Verdict {
  const [first] = losses;
  const share = finalLoss / first;
  if (!(share <= 1)) return 'diverges';
  if (losses.some((loss) => loss > first)) return 'overshoots';
  return share > 0.99 ? 'crawls' : share > 0.1 ? 'slow' : 'learns';
}
