import { OptionError } from '@gradloom/core';

/** Whether a run failed for want of memory: for its rows, its plan or its threads. */
export const lacksMemory = (error: unknown): error is Error =>
  error instanceof Error &&
  (error instanceof RangeError ||
    error.cause instanceof RangeError ||
    (error instanceof OptionError && error.about === 'the plan'));
