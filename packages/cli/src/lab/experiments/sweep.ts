/** One learning rate of a sweep, and its outcome. */
export interface Trial<T> {
  readonly lr: number;
  readonly outcome: T;
}

export interface Sweep<T> {
  readonly trials: readonly Trial<T>[]; // by ascending learning rate
  readonly best: Trial<T>;
  /** Whether rates on both sides of the best were worse; if not, a better one may lie outside the range. */
  readonly bracketed: boolean;
}

export interface LearningRateRange {
  readonly low: number;
  readonly high: number;
  // a rate to include; the others differ from it by powers of √10; default 1
  readonly through?: number;
  readonly maxTrials?: number; // default 16
}

/**
 * Tries rates `through` · 10^(k/2), about a factor of 3 apart, from `low` to `high`, and goes on past an end while the
 * best rate is there. `cost` says how bad an outcome is; one that is not finite is worst.
 */
export async function sweepLearningRates<T>(
  { low, high, through = 1, maxTrials = 16 }: LearningRateRange,
  run: (lr: number) => Promise<T>,
  cost: (outcome: T) => number,
): Promise<Sweep<T>> {
  const halfDecade = (lr: number): number => Math.round(2 * Math.log10(lr / through));
  let [first, last] = [halfDecade(low), halfDecade(high)];
  const trialByRate = new Map<number, Trial<T>>();
  const costAt = (k: number): number => {
    const trial = trialByRate.get(k);
    const value = trial === undefined ? Number.NaN : cost(trial.outcome);
    return Number.isFinite(value) ? value : Number.POSITIVE_INFINITY;
  };
  const attempt = async (k: number) => {
    const lr = learningRateAt(k, through);
    trialByRate.set(k, { lr, outcome: await run(lr) });
  };
  for (let k = first; k <= last; k++) await attempt(k);
  // Among equals the lowest rate wins, so that the search moves down if all fail.
  const cheapest = (): number => {
    let bestTrial = first;
    for (let k = first + 1; k <= last; k++) if (costAt(k) < costAt(bestTrial)) bestTrial = k;
    return bestTrial;
  };
  while (trialByRate.size < maxTrials && (cheapest() === first || cheapest() === last)) {
    await attempt(cheapest() === first ? --first : ++last);
  }
  const trials = [...trialByRate].sort(([a], [b]) => a - b).map(([, trial]) => trial);
  const k = cheapest();
  return { trials, best: trials[k - first], bracketed: k > first && k < last };
}

/** Powers of ten times `through`, and between them the nearest rate of one digit: 1 at 0, 3 at 1, 0.3 at -1. */
const learningRateAt = (k: number, through: number): number =>
  k === 0 ? through : Number((through * 10 ** (k / 2)).toPrecision(k % 2 === 0 ? 12 : 1));
