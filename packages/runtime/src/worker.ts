import { availableParallelism } from 'node:os';
import { InputError } from '@gradloom/core';
import { keepCheckpoint, type Written } from './checkpoints/checkpoint-folder.ts';
import { createContext, type RunContext } from './context.ts';
import { evaluateChunks } from './evaluation.ts';
import { diagnose } from './faults/diagnose.ts';
import { runExchange } from './measure/exchange.ts';
import { runTriad } from './measure/triad.ts';
import { collectGarbage } from './memory/collect-garbage.ts';
import { runSteps } from './step.ts';
import { abortTeam, CONTROL } from './threads/barrier.ts';
import { openThread } from './threads/opening.ts';
import type {
  CheckpointTask,
  DiagnosisTask,
  EvaluationTask,
  OpeningTask,
  RunSetup,
  SpanTask,
  TaskAnswers,
  WorkerTask,
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
  if (task.kind === 'exchange') runExchange(task, availableParallelism());
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
