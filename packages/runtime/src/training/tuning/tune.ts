import { availableParallelism } from 'node:os';
import { workShare } from '../../engine/step/clock.ts';
import { SPAN_MS } from '../../engine/threads/span.ts';

/** Speed of a number of threads in a trial. */
export interface Trial {
  /** Number of threads. */
  readonly threads: number;
  /** Milliseconds per step, the minimum of its rounds. */
  readonly stepMs: number;
}

/** Result of the trials: the fastest number of threads, and all trials in order of threads. */
export interface Choice {
  readonly threads: number;
  readonly trials: readonly Trial[];
}

/** Finds the fastest number of threads during a run, by the clock: the number never changes the result. */
export interface Tuner {
  readonly threads: number; // threads of the next span
  readonly isTrial: boolean; // the next span is part of a trial
  readonly choice: Choice; // of the last completed trial, else of the current one so far
  /** Records the time of a span of `threads`. Returns true if the run should use another number, or has its first. */
  recordSpan(steps: number, elapsedMs: number): boolean;
}

/** Time for which a number of threads is tried at a time: far above the 1-3 ms in which a span starts and ends. */
export const ROUND_MS = 25;

/**
 * Steps that all threads run before the trial, not counted: V8 compiles code after this many steps. One thread leaves a
 * core free for the compiler; threads on all cores are slowed down by it. On two cores, a step of MNIST goes from 2.8
 * ms to 0.7.
 */
export const WARM_STEPS = 200;
/** Longest warm-up, for slow steps. */
export const WARM_MS = 250;

/**
 * Largest ratio of a number's best time to the overall best for which it gets another round, after 0, 1 and 2 rounds.
 * There are at most 3. One round says little: code that is still compiled and a busy core made two threads look four
 * times as slow as one.
 */
const MAX_TIME_RATIOS = [Infinity, 10, 1.5];

/** If all threads and one are within this ratio, half of the threads may beat both. */
const CLOSE_RATIO = 1.15;

/** A long run tries again after this many times the duration of the trial: other programs may have ended. */
const TRIALS_APART = 100;

interface Candidate {
  readonly threads: number;
  rounds: number;
  stepMs: number;
}

/** Creates a tuner, which tries `maxThreads` and 1 in turn, then half if they are close; with 1 it tries nothing. */
export function createTuner(maxThreads: number): Tuner {
  let candidates: Candidate[] = [];
  let current = newCandidate(maxThreads);
  let chosen: Choice | undefined;
  let isTrial = maxThreads > 1;
  let warmMs = 0; // duration of the warm-up so far
  let warmSteps = 0;
  let steps = 0; // of this round
  let roundMs = 0;
  let trialMs = 0;
  let msSinceTrial = 0;
  if (isTrial) begin();

  function begin(): void {
    candidates = [newCandidate(maxThreads), newCandidate(1)];
    current = candidates[0];
    isTrial = true;
    trialMs = 0;
    msSinceTrial = 0;
  }

  /** Chooses the next candidate, or ends the trial; then returns true if the choice has changed. */
  function chooseNext(): boolean {
    const bestCandidate = fastest(candidates);
    const rivals = candidates.filter(
      ({ rounds, stepMs }) =>
        stepMs <= bestCandidate.stepMs * MAX_TIME_RATIOS[Math.min(rounds, MAX_TIME_RATIOS.length - 1)],
    );
    const next = rivals.reduce((a, b) => (b.rounds < a.rounds ? b : a));
    const ratio = candidates[0].stepMs / candidates[1].stepMs; // all threads to one
    if (rivals.length > 1 && next.rounds < MAX_TIME_RATIOS.length) {
      current = next;
      return false;
    }
    if (maxThreads > 2 && candidates.length === 2 && Math.max(ratio, 1 / ratio) <= CLOSE_RATIO) {
      current = newCandidate(Math.ceil(maxThreads / 2));
      candidates.push(current);
      return false;
    }
    const previousThreads = chosen?.threads;
    current = bestCandidate;
    isTrial = false;
    chosen = choiceOf(candidates);
    return chosen.threads !== previousThreads;
  }

  return {
    get threads() {
      return current.threads;
    },
    get isTrial() {
      return isTrial;
    },
    get choice() {
      return chosen ?? choiceOf(isTrial ? candidates : [current]);
    },
    recordSpan(spanSteps, spanMs) {
      if (maxThreads === 1) return false;
      if (!isTrial) {
        msSinceTrial += spanMs;
        if (msSinceTrial > TRIALS_APART * trialMs) begin();
        return false;
      }
      if (warmMs < ROUND_MS || (warmMs < WARM_MS && warmSteps < WARM_STEPS)) {
        warmMs += spanMs;
        warmSteps += spanSteps;
        return false;
      }
      trialMs += spanMs;
      steps += spanSteps;
      roundMs += spanMs;
      if (roundMs < ROUND_MS) return false;
      current.rounds++;
      current.stepMs = Math.min(current.stepMs, roundMs / steps);
      steps = 0;
      roundMs = 0;
      return chooseNext();
    },
  };
}

const newCandidate = (threads: number): Candidate => ({ threads, rounds: 0, stepMs: Infinity });

/** The fastest candidate; the first one if several are equal. */
const fastest = (candidates: readonly Candidate[]): Candidate =>
  candidates.reduce((a, b) => (b.stepMs < a.stepMs ? b : a));

function choiceOf(candidates: readonly Candidate[]): Choice {
  const trials = candidates.filter(({ rounds }) => rounds > 0).sort((a, b) => a.threads - b.threads);
  return { threads: fastest(candidates).threads, trials: trials.map(({ threads, stepMs }) => ({ threads, stepMs })) };
}

/** Approximate number of steps timed in 200 ms; reading their clocks takes about 20 µs. */
const TIMED_STEPS = 100;

/** Share of steps to time before the duration of a step is known. */
const FIRST_TIMED_SHARE = 1 / 64;

/** Fraction of its time in spans for which each thread does not wait at a barrier. */
export interface BusyMeter {
  /** Share of steps to time in the next span on this many threads; 0 for a single thread, which never waits. */
  timedShare(threads: number): number;
  /** Reads and clears the times of a span. Only while no thread is inside. */
  recordSpan(threads: number, steps: number, elapsedMs: number): void;
  /** [threads of the run] busy fraction in the newest span with timed steps; 0 for a thread that was not in it. */
  read(): readonly number[] | undefined;
}

export function createBusyMeter(times: Float64Array, runThreads: number): BusyMeter {
  let share = FIRST_TIMED_SHARE;
  let busyShares: readonly number[] | undefined;
  return {
    timedShare: (threads) => (threads === 1 ? 0 : share),
    recordSpan(threads, steps, elapsedMs) {
      share = Math.min(1, (TIMED_STEPS * elapsedMs) / (SPAN_MS * steps));
      const shares = Array.from({ length: threads }, (_, t) => (threads === 1 ? 1 : workShare(times, t)));
      times.fill(0);
      if (!shares.some(Number.isNaN)) busyShares = Array.from({ length: runThreads }, (_, t) => shares[t] ?? 0);
    },
    read: () => busyShares,
  };
}

/** Longest span: if a thread dies, the steps of its span are lost. */
export const MAX_SPAN_MS = 500;

/** Largest share of a span that the pause before it may take: checking 536k weights and copying takes 4 ms. */
const MAX_PAUSE_SHARE = 0.005;

/** Lengthens spans if threads idle for long between them. */
export interface SpanLength {
  readonly ms: number; // longest duration of the next span, in ms
  /** Called when a span begins. */
  begin(): void;
  /** Called when a span has ended. */
  end(): void;
}

/** @param now a clock, in ms */
export function createSpanLength(now: () => number = () => performance.now()): SpanLength {
  let endMs = Number.NaN;
  let isWarm = false;
  let pauseMs = Number.POSITIVE_INFINITY; // the shortest pause: in others the run evaluates or writes a checkpoint
  return {
    get ms() {
      if (pauseMs === Number.POSITIVE_INFINITY) return SPAN_MS;
      return Math.min(MAX_SPAN_MS, Math.max(SPAN_MS, pauseMs / MAX_PAUSE_SHARE));
    },
    begin() {
      if (Number.isNaN(endMs)) return;
      // The first pause does not count: its code has not run before.
      if (isWarm) pauseMs = Math.min(pauseMs, now() - endMs);
      isWarm = true;
    },
    end() {
      endMs = now();
    },
  };
}

/**
 * Maximum number of working threads of a run: one per core. More would share cores, and each would pack the
 * weights again for fewer rows, which made 16 threads on two cores three times as slow as two. The result is the same.
 * GRADLOOM_OVERSUBSCRIBE=1 removes the limit, for tests that need more threads than machines have cores.
 */
export const maxWorkingThreads = (): number =>
  process.env.GRADLOOM_OVERSUBSCRIBE === '1' ? Number.POSITIVE_INFINITY : availableParallelism();
