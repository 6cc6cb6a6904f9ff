/**
 * Words of the control block, each on its own 128-byte line, since neighbours on one line would slow each other down.
 * `generation` counts the releases of the barrier, `count` the threads that have arrived since the last.
 */
export const CONTROL = {
  generation: 0,
  count: 32,
  sleepers: 64,
  decision: 96,
  request: 128,
  checkedIn: 160,
  steps: 192,
  chunks: 224,
  rows: 256,
  chunkRows: 288,
};

/** Maximum number of threads of a pool: V8 ends the process if the system has no room for one more of its engines. */
export const MAX_THREADS = 512;

/** Word with the number of contexts that threads built, and the first of the words of each thread's context. */
const CONTEXTS = 320;
const OWNERS = 321;
const CONTROL_WORDS = OWNERS + MAX_THREADS;

/** Value of `generation` after an abort; it is no number of a generation. */
const ABORTED = -1;

/** A sleeping thread checks again after this time, so that a lost wake-up cannot hang a run. */
export const SLEEP_MS = 100;

/**
 * Checks of `generation` before a waiting thread sleeps, about 0.11 ms. In small steps the threads usually arrive
 * closer together than that, and waking a thread takes 25 µs, or 65 on a virtual machine. Longer spinning gains nothing
 * measurable.
 */
const SPINS = 16_000;

export interface Barrier {
  /**
   * Waits until all threads of the team have arrived. The last one runs `completion` before it releases the others, so
   * all of them see its writes. Returns false if the team was aborted.
   */
  arrive(completion?: () => void): boolean;
}

/** Allocates the control block outside the run's memory, so that a thread that cannot bind that can abort its team. */
export const allocateControl = (): Int32Array<SharedArrayBuffer> =>
  new Int32Array(new SharedArrayBuffer(CONTROL_WORDS * 4));

/** Resets the control block for a span of any team. Only while no thread is inside. */
export function resetControl(control: Int32Array): void {
  for (const word of Object.values(CONTROL)) Atomics.store(control, word, 0);
}

/** The number of the context that owns the memory of this thread of the team; 0: none. */
export const ownerOf = (control: Int32Array, thread: number): number => Atomics.load(control, OWNERS + thread);

/** Makes a new context the owner of a thread's memory. Returns the number of the context. */
export function claimThread(control: Int32Array, thread: number): number {
  const owner = 1 + Atomics.add(control, CONTEXTS, 1);
  Atomics.store(control, OWNERS + thread, owner);
  return owner;
}

/** Aborts: every thread leaves the barrier, now and later. */
export function abortTeam(control: Int32Array): void {
  Atomics.store(control, CONTROL.generation, ABORTED);
  Atomics.notify(control, CONTROL.generation);
}

export const isAborted = (control: Int32Array): boolean => Atomics.load(control, CONTROL.generation) === ABORTED;

/**
 * A barrier for `threads` threads over the shared control block; it spins only if every thread has a core. A thread
 * that has slept `maxSleeps` times, of 100 ms each, gives the others up, and aborts.
 */
export function createBarrier(
  control: Int32Array,
  threads: number,
  cores: number,
  maxSleeps = Number.POSITIVE_INFINITY,
): Barrier {
  if (threads === 1) return createPassage(control);
  const spins = threads <= cores ? SPINS : 0;
  return {
    arrive(completion) {
      // Must be read before `count` changes: afterwards the last arriver may already release this generation.
      const generation = Atomics.load(control, CONTROL.generation);
      if (generation === ABORTED) return false;
      if (Atomics.add(control, CONTROL.count, 1) === threads - 1) {
        Atomics.store(control, CONTROL.count, 0);
        completion?.();
        return release(control, generation);
      }
      return awaitRelease(control, generation, spins, maxSleeps);
    },
  };
}

/** Waits until others have released `generation`. Returns false if the team was aborted. */
export function awaitRelease(
  control: Int32Array,
  generation: number,
  spins: number,
  maxSleeps = Number.POSITIVE_INFINITY,
): boolean {
  if (!spin(control, generation, spins)) sleep(control, generation, maxSleeps);
  return Atomics.load(control, CONTROL.generation) !== ABORTED;
}

/** Releases the threads that wait for the end of `generation`. Returns false if the team was aborted; it stays so. */
export function release(control: Int32Array, generation: number): boolean {
  if (generation === ABORTED) return false;
  if (Atomics.compareExchange(control, CONTROL.generation, generation, generation + 1) !== generation) return false;
  // A waiting thread counts itself before it compares `generation`: one that is not counted yet will not sleep.
  if (Atomics.load(control, CONTROL.sleepers) > 0) Atomics.notify(control, CONTROL.generation);
  return true;
}

/**
 * Whether the others arrive within this many checks. It is a separate function because V8 optimizes a hot loop before
 * the code after it has ever run: in one function, each thread that goes to sleep would fall back to slow code, and the
 * barrier would never get fast.
 */
function spin(control: Int32Array, generation: number, spins: number): boolean {
  for (let check = 0; check < spins; check++) if (Atomics.load(control, CONTROL.generation) !== generation) return true;
  return false;
}

function sleep(control: Int32Array, generation: number, maxSleeps: number): void {
  Atomics.add(control, CONTROL.sleepers, 1);
  for (let sleeps = 0; Atomics.load(control, CONTROL.generation) === generation; sleeps++) {
    if (sleeps >= maxSleeps) abortTeam(control);
    else Atomics.wait(control, CONTROL.generation, generation, SLEEP_MS);
  }
  Atomics.sub(control, CONTROL.sleepers, 1);
}

/** The barrier of a team of one only checks for an abort: five locked instructions of the other would cost 40 ns. */
function createPassage(control: Int32Array): Barrier {
  return {
    arrive(completion) {
      if (Atomics.load(control, CONTROL.generation) === ABORTED) return false;
      completion?.();
      return true;
    },
  };
}
