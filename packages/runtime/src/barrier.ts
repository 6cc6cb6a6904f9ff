/** Words of the control block, each on a 128-byte line of its own: neighbours in a line would slow each other down. */
export const CONTROL = { gen: 0, count: 32, sleepers: 64, decision: 96, request: 128, checkedIn: 160, steps: 192 };
const CONTROL_WORDS = 224;

/** Value of `gen` after an abort: no generation has it, and nobody can leave it. */
const ABORTED = -1;

/** A sleeper looks again after this long, so that no lost wake-up can hang a run. */
const SLEEP_MS = 100;

/**
 * Looks at `gen` before a waiter sleeps, about 0.11 ms: the threads of a small step mostly come less apart, and waking
 * a sleeper takes 25 µs, on a virtual machine 65. Longer spinning gains nothing that can be measured.
 */
const SPINS = 16_000;

export interface Barrier {
  /**
   * Waits until all threads of the team are here. The last to arrive runs `completion` before it lets the others go, so
   * what `completion` writes, all read. Returns false if the team was aborted.
   */
  arrive(completion?: () => void): boolean;
}

/**
 * The block lies outside the run's memory, so that a thread that cannot even bind that memory can still abort its team.
 */
export const allocateControl = (): Int32Array<SharedArrayBuffer> =>
  new Int32Array(new SharedArrayBuffer(CONTROL_WORDS * 4));

/** Sets the control block up for a span of any team. Only while no thread is inside. */
export function resetControl(control: Int32Array): void {
  for (const word of Object.values(CONTROL)) Atomics.store(control, word, 0);
}

/** Sends every thread away from the barrier, now and whenever it comes. */
export function abortTeam(control: Int32Array): void {
  Atomics.store(control, CONTROL.gen, ABORTED);
  Atomics.notify(control, CONTROL.gen);
}

/** A barrier for `threads` threads over the shared control block; spins only where every thread has a core. */
export function createBarrier(control: Int32Array, threads: number, cores: number): Barrier {
  if (threads === 1) return createPassage(control);
  const spins = threads <= cores ? SPINS : 0;
  return {
    arrive(completion) {
      // Read before `count` moves: once it does, the last arriver may already be releasing this generation.
      const gen = Atomics.load(control, CONTROL.gen);
      if (gen === ABORTED) return false;
      if (Atomics.add(control, CONTROL.count, 1) === threads - 1) {
        Atomics.store(control, CONTROL.count, 0);
        completion?.();
        // Fails only if the team was aborted meanwhile: the abort must stay.
        if (Atomics.compareExchange(control, CONTROL.gen, gen, gen + 1) !== gen) return false;
        // A waiter counts itself before it compares `gen`, so one that is not counted yet will not fall asleep.
        if (Atomics.load(control, CONTROL.sleepers) > 0) Atomics.notify(control, CONTROL.gen);
        return true;
      }
      if (!spin(control, gen, spins)) sleep(control, gen);
      return Atomics.load(control, CONTROL.gen) !== ABORTED;
    },
  };
}

/**
 * Whether the others come within so many looks. A function of its own: V8 compiles a hot loop for the one call that is
 * in it, and what stands behind such a loop has then never run; each sleeper would fall back to slow code there, and
 * the barrier would never be fast.
 */
function spin(control: Int32Array, gen: number, looks: number): boolean {
  for (let look = 0; look < looks; look++) if (Atomics.load(control, CONTROL.gen) !== gen) return true;
  return false;
}

/** Until the others have come. */
function sleep(control: Int32Array, gen: number): void {
  Atomics.add(control, CONTROL.sleepers, 1);
  while (Atomics.load(control, CONTROL.gen) === gen) Atomics.wait(control, CONTROL.gen, gen, SLEEP_MS);
  Atomics.sub(control, CONTROL.sleepers, 1);
}

/**
 * The barrier of a team of one: nobody to count or to wake, only an abort to see. Five locked instructions cost 40 ns.
 */
function createPassage(control: Int32Array): Barrier {
  return {
    arrive(completion) {
      if (Atomics.load(control, CONTROL.gen) === ABORTED) return false;
      completion?.();
      return true;
    },
  };
}
