/** Failures of threads in a row that a run starts again after, unless it is told another number. */
export const RETRIES = 3;

/** A thread threw, ended or did not come; every other thread of its team has left the run's memory. */
export class ThreadError extends Error {
  readonly steps: number; // that the team had done

  constructor(message: string, steps: number, cause: unknown) {
    super(message, { cause });
    this.steps = steps;
  }
}

/** A failure that work was started again after. */
export interface Retry {
  /** Failures in a row, with this one. */
  readonly failures: number;
  /** How many may be. */
  readonly retries: number;
  /** What the thread died of. */
  readonly reason: string;
}

/** Starts work again whose threads failed. */
export interface Recovery {
  /**
   * What `work` resolves to. `step` is where the run stands; `undo` takes back what half of the work has done.
   * @throws what `work` rejects with, where that is no thread's failure or one too many in a row.
   */
  attempt<T>(step: number, work: () => Promise<T>, undo?: () => Promise<void>): Promise<T>;
}

/** Failures are in a row until the run stands behind the step of the last: one that comes at every try ends it. */
export function createRecovery(retries: number, tell: (retry: Retry) => void = () => {}): Recovery {
  let failures = 0;
  let farthest = -1; // step at which a thread has failed
  return {
    async attempt(step, work, undo = async () => {}) {
      if (step > farthest) failures = 0;
      for (;;) {
        try {
          return await work();
        } catch (error) {
          if (!(error instanceof ThreadError)) throw error;
          await undo();
          failures++;
          farthest = Math.max(farthest, step + error.steps);
          if (failures > retries) throw tooMany(error, failures, retries);
          tell({ failures, retries, reason: error.message });
        }
      }
    },
  };
}

function tooMany(error: ThreadError, failures: number, retries: number): ThreadError {
  const message = `${error.message} (failures in a row: ${failures}, expected at most ${retries})`;
  return new ThreadError(message, error.steps, error.cause);
}

/** The error that ends a run whose threads fail: a pool's words, with the place in the run. */
export function runFailure(error: unknown, place: string): Error {
  const message = error instanceof Error ? error.message : String(error);
  const reason = message.replace(/^pool: (has|was) /, 'the pool $1 ').replace(/^(pool|createPool): /, '');
  return new Error(`train: ${reason} (${place})`, { cause: error });
}
