/** Learning rates a factor of about three apart; a sweep begins with the five in the middle. */
const ladder = [1e-4, 3e-4, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];
const FIRST = 3;
const LAST = 7;

/** What came of one rate: Infinity where the run left the finite. */
export interface Trial {
  readonly rate: number;
  readonly loss: number;
}

export interface Sweep<T extends Trial> {
  readonly trials: readonly T[]; // by rate
  readonly best: T; // the one with the lowest loss
  readonly bracketed: boolean; // a rate below it and one above it did worse
}

/** Tries rates until the best stands between two others, or at an end of the ladder: the same rule for everybody. */
export async function sweepRates<T extends Trial>(attempt: (rate: number) => Promise<T>): Promise<Sweep<T>> {
  const trials: T[] = [];
  for (let k = FIRST; k <= LAST; k++) trials.push(await attempt(ladder[k]));
  let low = FIRST;
  let high = LAST;
  for (;;) {
    const best = trials.reduce((a, b) => (b.loss < a.loss ? b : a));
    const at = low + trials.indexOf(best);
    if (at === low && low > 0) trials.unshift(await attempt(ladder[--low]));
    else if (at === high && high < ladder.length - 1) trials.push(await attempt(ladder[++high]));
    else return { trials, best, bracketed: at > low && at < high };
  }
}
