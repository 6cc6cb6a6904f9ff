import { show } from '@gradloom/core/internal';

/** A cluster cannot go on as it is: a rank has failed, does not take part, or MPI itself has refused. */
export class ClusterError extends Error {
  /** Tells it from other errors where `instanceof` cannot, as in another thread. */
  override readonly name = 'ClusterError';
  /** The ranks it is about, in order; none where it is MPI. */
  readonly ranks: readonly number[];
  /** Whether nothing can be agreed on with these: they have died, or not come within the time limit. */
  readonly isLate: boolean;

  /** @internal */
  constructor(message: string, ranks: readonly number[] = [], { isLate = false, ...options }: Details = {}) {
    super(message, options);
    this.ranks = ranks;
    this.isLate = isLate;
  }
}

interface Details extends ErrorOptions {
  readonly isLate?: boolean;
}

/** Ranks as a sentence begins with them: 'rank 2 of 4', 'ranks 1, 2 of 4'. */
export function namesOf(ranks: readonly number[], count: number): string {
  if (!Array.isArray(ranks)) throw new Error(`namesOf: ranks has ${show(ranks)}, expected an array of ranks`);
  if (!Number.isInteger(count)) throw new Error(`namesOf: count has ${show(count)}, expected a whole number of ranks`);
  return `rank${ranks.length === 1 ? '' : 's'} ${ranks.join(', ')} of ${count}`;
}
