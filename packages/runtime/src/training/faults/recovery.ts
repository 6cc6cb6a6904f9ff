import { reasonOf } from '@gradloom/core/internal';
import { ThreadError } from '../../engine/threads/span.ts';

/** Default number of consecutive thread failures that a run survives. */
export const RETRIES = 3;

/** A failure after which work was repeated. */
export interface Retry {
  /** Consecutive failures, including this one. */
  readonly failures: number;
  /** Maximum number of consecutive failures allowed. */
  readonly retries: number;
  /** Why the thread failed. */
  readonly reason: string;
}

export interface Recovery {
  /**
   * Resolves to the result of `work`. `step` is the position of the run; `undo` reverts half-done work.
   * @throws the error of `work` if it is not a thread failure, or if there were too many in a row.
   */
  attempt<T>(step: number, work: () => Promise<T>, undo?: () => Promise<void>): Promise<T>;
}

/** Failures are consecutive until the run has passed the step of the last: one that recurs at each attempt ends it. */
export function createRecovery(
  retries: number,
  onRetry: (retry: Retry) => void = () => {},
  onAllRanks: <T>(work: () => Promise<T>) => Promise<T> = (work) => work(), // see doTogether
): Recovery {
  let failures = 0;
  let lastFailedStep = -1; // last step at which a thread has failed
  return {
    async attempt(step, work, undo = async () => {}) {
      if (step > lastFailedStep) failures = 0;
      for (;;) {
        try {
          return await onAllRanks(work);
        } catch (error) {
          if (!(error instanceof ThreadError)) throw error;
          await undo();
          failures++;
          lastFailedStep = Math.max(lastFailedStep, step + error.steps);
          if (failures > retries) {
            const problem = `${error.problem} (failures in a row: ${failures}, expected at most ${retries})`;
            throw new ThreadError(problem, error.steps, error.cause);
          }
          onRetry({ failures, retries, reason: error.message });
        }
      }
    },
  };
}

/** The error that ends a run after too many thread failures, with the position. */
export function runFailure(error: unknown, context: string): Error {
  const message = reasonOf(error);
  const reason = message.replace(/^pool: (has|was) /, 'the pool $1 ').replace(/^(pool|createPool): /, '');
  return new Error(`train: ${reason} (${context})`, { cause: error });
}
