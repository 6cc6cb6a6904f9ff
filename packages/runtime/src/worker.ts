import { availableParallelism } from 'node:os';
import { InputError } from '@gradloom/core';
import { keepCheckpoint, type Written } from './checkpoints/checkpoint-folder.ts';
import { createContext, type RunContext } from './context.ts';
import { evaluateChunks } from './evaluation.ts';
import { diagnose } from './faults/diagnose.ts';
import { PART } from './measure/clock.ts';
import { runTriad } from './measure/triad.ts';
import { collectGarbage } from './memory/collect-garbage.ts';
import { areOnTape, finishStep, joinTeam, stepPhases, takeSteps } from './step.ts';
import { STEPS } from './thread-scratch.ts';
import { abortTeam, type Barrier, CONTROL, createBarrier } from './threads/barrier.ts';
import { openThread } from './threads/opening.ts';
import {
  type CheckpointTask,
  DECISION,
  type DiagnosisTask,
  type EvaluationTask,
  type OpeningTask,
  type RunSetup,
  type SpanTask,
  type TaskAnswers,
  type WorkerTask,
} from './threads/protocol.ts';

/** Contexts of the runs that go on, by run and place in the team: a thread may take another place in the next span. */
const contexts = new Map<string, RunContext>();

/** A thread's entry: Piscina calls it with each task. */
export default function work(task: WorkerTask): TaskAnswers[WorkerTask['kind']] {
  if (task.kind === 'opening') return openThread(contextOf(task), task);
  if (task.kind === 'span') return span(task);
  if (task.kind === 'evaluation') return evaluateChunks(contextOf(task), task);
  if (task.kind === 'diagnosis') return diagnose(contextOf(task), task);
  if (task.kind === 'checkpoint') return writeCheckpoint(task);
  if (task.kind === 'triad') runTriad(task, availableParallelism());
  return undefined;
}

/** Without a context: the arrays come with the task. */
function writeCheckpoint({ setup, entry }: CheckpointTask): Written {
  Atomics.add(setup.control, CONTROL.checkedIn, 1);
  return keepCheckpoint(setup.spec, entry);
}

function contextOf({ setup, thread, live }: OpeningTask | SpanTask | EvaluationTask | DiagnosisTask): RunContext {
  forgetAllBut(live);
  const key = `${setup.run}/${thread}`;
  const known = contexts.get(key);
  if (known !== undefined) return known;
  const context = createContext(setup, thread);
  contexts.set(key, context);
  return context;
}

/** Most memory of ended runs that a thread keeps: collecting it takes about 10 ms, as long as a small run. */
const FORGOTTEN_LIMIT = 64 * 1024 ** 2;
let forgottenBytes = 0;

/** V8 does not count shared memory, and a thread that makes no garbage would hold that of hundreds of ended runs. */
function forgetAllBut(live: readonly number[]): void {
  for (const [key, { setup }] of contexts) {
    if (live.includes(setup.run)) continue;
    contexts.delete(key);
    forgottenBytes += sharedBytes(setup);
  }
  if (forgottenBytes < FORGOTTEN_LIMIT) return;
  forgottenBytes = 0;
  collectGarbage();
}

/** A function of its own: what V8's registers last held is not collected while the caller goes on. */
const sharedBytes = ({ memory, outside }: RunSetup): number =>
  outside.reduce((sum, { byteLength }) => sum + byteLength, memory.buffer.byteLength);

/** An error in this thread, wherever it comes from, aborts the whole team, so that nobody waits for it. */
function span(task: SpanTask): TaskAnswers['span'] {
  try {
    runSteps(contextOf(task), task);
    return undefined;
  } catch (error) {
    abortTeam(task.setup.control);
    // Not a failure of the thread: new threads would fail again.
    if (error instanceof InputError) return 'refused';
    throw error;
  }
}

/** Steps until the limit, a request or an abort; a barrier after each phase keeps the team in step. */
function runSteps(context: RunContext, task: SpanTask): void {
  const { setup, clock, workClock } = context;
  const { timedShare = 0 } = task;
  const { control } = setup;
  const barrier = createBarrier(control, task.threads, context.cores);
  const phases = stepPhases(setup.clipNorm);
  joinTeam(context, task);
  let step = task.first;
  let timed = false;
  const finish = () => {
    clock?.lap(PART.wait);
    if (timed) workClock.wait();
    finishStep(context, task, step);
    clock?.lap(PART.update);
    if (timed) workClock.work();
  };
  Atomics.add(control, CONTROL.checkedIn, 1);
  if (!barrier.arrive()) return;
  if (areOnTape(context, task)) {
    playSteps(context, task, barrier);
    return;
  }
  clock?.start();
  for (; ; step++) {
    timed = timedShare > 0 && workClock.begin(step, timedShare);
    for (let p = 0; p < phases.length; p++) {
      phases[p](context, task, step);
      if (timed) workClock.work();
      if (!barrier.arrive(p === phases.length - 1 ? finish : undefined)) return;
      clock?.lap(PART.wait);
      if (timed) workClock.wait();
    }
    if (control[CONTROL.decision] !== DECISION.go) return;
  }
}

/** How long steps on the tape may take until somebody looks whether the span is to end. */
const MOMENT_MS = 0.5;

/** The steps of a team of one that lie on its tape: as many at a time as take a moment. */
function playSteps(context: RunContext, task: SpanTask, barrier: Barrier): void {
  const { control } = context.setup;
  let count = 1;
  let step = task.first;
  let nowMs = performance.now();
  do {
    step += takeSteps(context, task, step, Math.min(count, task.limit - step));
    const startMs = nowMs;
    nowMs = performance.now();
    if (nowMs - startMs > MOMENT_MS) count = Math.max(1, count >> 1);
    else count = Math.min(STEPS, 2 * count);
  } while (control[CONTROL.decision] === DECISION.go && barrier.arrive());
}
