import { reasonOf } from '@gradloom/core/internal';
import { createContext, type RunContext } from '../engine/step/context.ts';
import { runSteps } from '../engine/step/run-steps.ts';
import { abortTeam, resetControl } from '../engine/threads/barrier.ts';
import { openThread } from '../engine/threads/opening.ts';
import type { OpeningTask, RunSetup, SpanTask } from '../engine/threads/protocol.ts';
import { browserHost } from './browser-host.ts';

/** A task for a thread of a run, without its place. */
type Work = Pick<OpeningTask, 'kind' | 'draws'> | Pick<SpanTask, 'kind' | 'first' | 'limit' | 'probe'>;

/** Message to another thread. The setup comes with the first. */
export interface TeamMessage {
  readonly setup: RunSetup | null;
  readonly work: Work;
  readonly thread: number;
  readonly threads: number;
  readonly ended: Int32Array; // [2] see ENDED
}

/** Words of `ended`: threads that have ended their task, and those that failed. */
const ENDED = { count: 0, failed: 1 };

/** Another worker, which passes its messages to a `createMember`. */
export interface TeamWorker {
  postMessage(message: TeamMessage): void;
}

/** Threads of a browser that run the tasks of one training run. The calling worker is thread 0. */
export interface BrowserTeam {
  readonly context: RunContext; // of thread 0
  /** Runs the work on every thread, and returns when all have ended. @throws Error if one fails. */
  run(work: Work): void;
}

/** Opens a run on this worker and `others`, which wait for messages. */
export function createTeam(setup: RunSetup, others: readonly TeamWorker[]): BrowserTeam {
  const context = createContext(setup, 0, browserHost);
  const threads = others.length + 1;
  const ended = new Int32Array(new SharedArrayBuffer(8));
  let isFirst = true;
  return {
    context,
    run(work) {
      resetControl(setup.control);
      ended.fill(0);
      for (const [k, other] of others.entries()) {
        other.postMessage({ setup: isFirst ? setup : null, work, thread: k + 1, threads, ended });
      }
      isFirst = false;
      try {
        runWork(context, work, 0, threads);
      } finally {
        for (let count = 0; count < others.length; count = Atomics.load(ended, ENDED.count)) {
          Atomics.wait(ended, ENDED.count, count);
        }
      }
      if (ended[ENDED.failed] > 0) throw new Error('createTeam: a worker has failed, and the run with it');
    },
  };
}

/** A function for the messages of another worker, and for its errors. */
export function createMember(onError: (reason: string) => void): (message: TeamMessage) => void {
  let context: RunContext | null = null;
  return ({ setup, work, thread, threads, ended }) => {
    try {
      if (setup !== null) context = createContext(setup, thread, browserHost);
      if (context !== null) runWork(context, work, thread, threads);
    } catch (error) {
      Atomics.add(ended, ENDED.failed, 1);
      onError(reasonOf(error));
    }
    Atomics.add(ended, ENDED.count, 1);
    Atomics.notify(ended, ENDED.count);
  };
}

/** Runs the work of a thread. An error aborts the whole team, so that no thread waits for this one. */
function runWork(context: RunContext, work: Work, thread: number, threads: number): void {
  const { setup } = context;
  const place = { setup, live: [setup.run], thread, threads };
  try {
    if (work.kind === 'opening') openThread(context, { ...place, ...work });
    else runSteps(context, { ...place, ...work });
  } catch (error) {
    abortTeam(setup.control);
    throw error;
  }
}
