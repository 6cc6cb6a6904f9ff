/** What became of one learning rate. */
export interface Trial<T> {
  readonly rate: number;
  readonly score: number; // lower is better; NaN or Infinity where the run failed
  readonly run: T;
}

export interface Sweep<T> {
  readonly trials: readonly Trial<T>[]; // in the order of the rates
  readonly best: Trial<T>;
  /** Whether rates on both sides of the best were tried: else a better one may lie beyond. */
  readonly bracketed: boolean;
}

/** Powers of ten on each side of the centre, and how many more on the side where the best lies at the edge. */
const DECADES = 2;
const MORE = 2;

/**
 * Tries rates a power of ten apart about `centre`, on beyond an edge that is the best, then between the best and its
 * neighbours. Stops `MORE` powers beyond the first edge, since some nets learn at no rate at all.
 */
export async function sweepRates<T>(
  centre: number,
  tryRate: (rate: number) => Promise<Pick<Trial<T>, 'score' | 'run'>>,
): Promise<Sweep<T>> {
  const trials: Trial<T>[] = [];
  const tryAt = async (power: number): Promise<void> => {
    const rate = power === 0 ? centre : Number((centre * 10 ** power).toPrecision(3));
    trials.push({ rate, ...(await tryRate(rate)) });
    trials.sort((a, b) => a.rate - b.rate);
  };
  for (let power = -DECADES; power <= DECADES; power++) await tryAt(power);
  for (let more = 1; more <= MORE && bestOf(trials) === trials[0]; more++) await tryAt(-DECADES - more);
  for (let more = 1; more <= MORE && bestOf(trials) === trials.at(-1); more++) await tryAt(DECADES + more);
  const power = Math.log10(bestOf(trials).rate / centre);
  for (const between of [-0.5, 0.5]) await tryAt(power + between);
  const best = bestOf(trials);
  return { trials, best, bracketed: best !== trials[0] && best !== trials.at(-1) };
}

/** The lowest score; the lowest rate where none has one. */
function bestOf<T>(trials: readonly Trial<T>[]): Trial<T> {
  return trials.reduce((best, trial) => (order(trial.score) < order(best.score) ? trial : best));
}

const order = (score: number): number => (Number.isNaN(score) ? Number.POSITIVE_INFINITY : score);
