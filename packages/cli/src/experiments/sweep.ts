/** One rate of a sweep, and what came of it. */
export interface Trial<T> {
  readonly rate: number;
  readonly outcome: T;
}

export interface Sweep<T> {
  readonly trials: readonly Trial<T>[]; // by ascending rate
  readonly best: Trial<T>;
  /** Whether rates on both sides of the best did worse: else a better one may lie beyond. */
  readonly bracketed: boolean;
}

export interface RateRange {
  readonly low: number;
  readonly high: number;
  // a rate that is tried as it is, and the others a factor of about 3 apart from it; default 1
  readonly through?: number;
  readonly most?: number; // rates after which the search for a worse one is given up, default 16
}

/**
 * Tries rates `through` · 10^(k/2), about a factor of 3 apart, from `low` to `high`, and goes on past an end for as
 * long as the best is there. `cost` says how bad an outcome is; one that is not finite is worst.
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
  // Of equals the lowest rate, so that where all fail the search goes down.
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
 * Whole powers of ten times `through`, and between them the nearest rate of one digit: 1 at 0, 3 at 1, 10 at 2, 0.3 at
 * -1.
 */
const rateAt = (k: number, through: number): number =>
  k === 0 ? through : Number((through * 10 ** (k / 2)).toPrecision(k % 2 === 0 ? 12 : 1));
