/** A usage error: the sentence names the flag, what it has and what it should have. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Runs `check`; what it throws is the user's to put right on the command line. */
export function asUsage<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
