/** One learning rate of a sweep, and its outcome. */
export interface Trial<T> {
  readonly rate: number;
  readonly outcome: T;
}

export interface Sweep<T> {
  readonly trials: readonly Trial<T>[]; // by ascending rate
  readonly best: Trial<T>;
  /** Whether rates on both sides of the best were worse; if not, a better one may lie outside the range. */
  readonly bracketed: boolean;
}

export interface RateRange {
  readonly low: number;
  readonly high: number;
  // a rate to include; the others differ from it by powers of √10; default 1
  readonly through?: number;
  readonly most?: number; // most rates to try, default 16
}

/**
 * Tries rates `through` · 10^(k/2), about a factor of 3 apart, from `low` to `high`, and goes on past an end while the
 * best rate is there. `cost` says how bad an outcome is; one that is not finite is worst.
 */
export async function sweepRates<T>(
  { low, high, through = 1, most = 16 }: RateRange,
  run: (rate: number) => Promise<T>,
  cost: (outcome: T) => number,
): Promise<Sweep<T>> {
  const halfDecade = (rate: number): number => Math.round(2 * Math.log10(rate / through));
  let [first, last] = [halfDecade(low), halfDecade(high)];
  const tried = new Map<number, Trial<T>>();
  const costAt = (k: number): number => {
    const trial = tried.get(k);
    const value = trial === undefined ? Number.NaN : cost(trial.outcome);
    return Number.isFinite(value) ? value : Number.POSITIVE_INFINITY;
  };
  const attempt = async (k: number) => {
    const rate = rateAt(k, through);
    tried.set(k, { rate, outcome: await run(rate) });
  };
  for (let k = first; k <= last; k++) await attempt(k);
  // Among equals the lowest rate wins, so that the search moves down if all fail.
  const cheapest = (): number => {
    let at = first;
    for (let k = first + 1; k <= last; k++) if (costAt(k) < costAt(at)) at = k;
    return at;
  };
  while (tried.size < most && (cheapest() === first || cheapest() === last)) {
    await attempt(cheapest() === first ? --first : ++last);
  }
  const trials = [...tried].sort(([a], [b]) => a - b).map(([, trial]) => trial);
  const at = cheapest();
  const best = trials[at - first];
  return { trials, best, bracketed: at > first && at < last };
}

/**
 * Powers of ten times `through`, and between them the nearest rate of one digit: 1 at k = 0, 3 at 1, 10 at 2, 0.3 at
 * -1.
 */
const rateAt = (k: number, through: number): number =>
  k === 0 ? through : Number((through * 10 ** (k / 2)).toPrecision(k % 2 === 0 ? 12 : 1));
