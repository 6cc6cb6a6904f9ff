/** Work that yields wherever it may pause, so that whoever shares its thread gets a turn. */
export type Pausable<T> = Generator<undefined, T, undefined>;

/** Does the work at once, without a pause. */
export function complete<T>(work: Pausable<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}
