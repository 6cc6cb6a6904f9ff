import { show } from '@gradloom/core/internal';

/** The cluster cannot go on: a rank has failed or does not take part, or an MPI call failed. */
export class ClusterError extends Error {
  /** Identifies the error where `instanceof` cannot, for example in another thread. */
  override readonly name = 'ClusterError';
  /** The ranks concerned, in order; empty if MPI itself failed. */
  readonly ranks: readonly number[];
  /** Whether nothing can be agreed on with these: they have died, or not come within the time limit. */
  readonly isLate: boolean;

  /** The part of the message about late ranks, such as 'has died'; undefined if no rank is late. @internal */
  readonly lateness: string | undefined;

  /** @internal */
  constructor(message: string, ranks: readonly number[] = [], { lateness, ...options }: LateOptions = {}) {
    super(message, options);
    this.ranks = ranks;
    this.isLate = lateness !== undefined;
    this.lateness = lateness;
  }
}

interface LateOptions extends ErrorOptions {
  readonly lateness?: string;
}

/** The error for late ranks of `count`. */
export const lateError = (ranks: readonly number[], count: number, lateness: string, options: ErrorOptions = {}) =>
  new ClusterError(`cluster: ${namesOf(ranks, count)} ${lateness}`, ranks, { ...options, lateness });

/** The ranks as the subject of a sentence: 'rank 2 of 4', 'ranks 1, 2 of 4'. */
export function namesOf(ranks: readonly number[], count: number): string {
  if (!Array.isArray(ranks)) throw new Error(`namesOf: ranks has ${show(ranks)}, expected an array of ranks`);
  if (!Number.isInteger(count)) throw new Error(`namesOf: count has ${show(count)}, expected a whole number of ranks`);
  return `rank${ranks.length === 1 ? '' : 's'} ${ranks.join(', ')} of ${count}`;
}
