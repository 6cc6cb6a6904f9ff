/** A generator that yields where its work may pause, so that its thread can do other things. */
export type Pausable<T> = Generator<undefined, T, undefined>;

/** Runs the work without pauses. */
export function complete<T>(work: Pausable<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}
