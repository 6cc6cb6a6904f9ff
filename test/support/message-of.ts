import { expect } from 'vitest';

/** The message of the error that a promise is rejected with. */
export const messageOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => expect.unreachable(),
    (error: Error) => error.message,
  );
