import { FolderInUseError, LockError } from '@gradloom/runtime';
import { UsageError } from '../../terminal/failure.ts';

/** @throws Error with `has` and `expected` if the system refuses what `write` does. */
export function writing<T>(has: string, expected: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    // These messages are complete.
    if (error instanceof FolderInUseError || error instanceof LockError || error instanceof UsageError) throw error;
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    const reason = cause instanceof Error ? cause.message : cause;
    throw new Error(`${has}, expected ${expected} (${reason})`, { cause: error });
  }
}
