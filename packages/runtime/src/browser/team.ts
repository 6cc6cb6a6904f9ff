import type { CustomParts } from '@gradloom/core';
import { NO_PARTS, reasonOf } from '@gradloom/core/internal';
import { createContext, type RunContext } from '../engine/step/context.ts';
import { runSteps } from '../engine/step/run-steps.ts';
import { abortTeam, isAborted, resetControl, SLEEP_MS } from '../engine/threads/barrier.ts';
import { openThread } from '../engine/threads/opening.ts';
import type { OpeningTask, RunSetup, SpanTask } from '../engine/threads/protocol.ts';
import { browserEnvironment } from './browser-environment.ts';

/** A task of a run, without its thread. */
type Work =
  | Pick<OpeningTask, 'kind' | 'drawsWeights'>
  | (Pick<SpanTask, 'kind' | 'first' | 'limit'> & { probe: boolean });

/** Message that makes a worker a member of a team. */
export interface TeamMessage {
  readonly setup: RunSetup;
  readonly thread: number;
  readonly threads: number;
  readonly commandWords: Int32Array; // see COMMAND_WORD
}

/** Another worker, which passes its messages to `joinTeam`. */
export interface TeamWorker {
  postMessage(message: TeamMessage): void;
}

/** Threads of a browser that run the tasks of one training run. The calling worker is thread 0. */
export interface BrowserTeam {
  readonly context: RunContext; // of thread 0
  /** Runs the work on every thread, and returns when all have ended. @throws Error if one fails. */
  run(work: Work): void;
  /** Releases the other workers. */
  close(): void;
}

/** Words of shared memory by which threads communicate: some browsers deliver no message of a worker that waits. */
const COMMAND_WORD = { turn: 0, kind: 1, first: 2, limit: 3, probe: 4, members: 5, ended: 6, failed: 7 };
const KIND = { opening: 0, span: 1, leave: 2 };

const NO_ANSWER = 'createTeam: a worker no longer answers, and the run has ended';

/** Time for the other workers to join. */
const JOIN_LIMIT_MS = 20_000;

/** Opens a run on this worker and `others`. @throws Error (rejects) if they do not join. */
export async function createTeam(
  setup: RunSetup,
  others: readonly TeamWorker[],
  environment = browserEnvironment(NO_PARTS),
): Promise<BrowserTeam> {
  const threads = others.length + 1;
  const commandWords = new Int32Array(new SharedArrayBuffer(4 * Object.keys(COMMAND_WORD).length));
  const sendCommand = (kind: number): void => {
    commandWords[COMMAND_WORD.kind] = kind;
    Atomics.add(commandWords, COMMAND_WORD.turn, 1);
    Atomics.notify(commandWords, COMMAND_WORD.turn);
  };
  /** Dismisses the other workers if the work fails: they would wait for ever, and join no later run. */
  const dismissOnError = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      sendCommand(KIND.leave);
      throw error;
    }
  };
  for (const [k, other] of others.entries()) other.postMessage({ setup, thread: k + 1, threads, commandWords });
  const context = dismissOnError(() => createContext(setup, 0, environment));
  const giveUpMs = performance.now() + JOIN_LIMIT_MS;
  const hasAllMembers = (): boolean => {
    if (Atomics.load(commandWords, COMMAND_WORD.failed) > 0 || performance.now() > giveUpMs) {
      throw new Error(`createTeam: not all of ${threads} threads have started`);
    }
    return Atomics.load(commandWords, COMMAND_WORD.members) === others.length;
  };
  while (!dismissOnError(hasAllMembers)) await new Promise((resolve) => setTimeout(resolve, 1));

  return { context, run: (work) => dismissOnError(() => runTogether(work)), close: () => sendCommand(KIND.leave) };

  function runTogether(work: Work): void {
    resetControl(setup.control);
    commandWords[COMMAND_WORD.ended] = 0;
    if (work.kind === 'span') {
      commandWords[COMMAND_WORD.first] = work.first;
      commandWords[COMMAND_WORD.limit] = work.limit;
      commandWords[COMMAND_WORD.probe] = Number(work.probe);
    }
    sendCommand(KIND[work.kind]);
    try {
      runWork(context, work, 0, threads);
    } finally {
      awaitEnds();
    }
    if (commandWords[COMMAND_WORD.failed] > 0) throw new Error('createTeam: a worker has failed, and the run with it');
    if (isAborted(setup.control)) throw new Error(NO_ANSWER);
  }

  /** Waits for the other workers. A browser may end one without a sign, so the number of sleeps is limited. */
  function awaitEnds(): void {
    const { maxSleeps = Number.POSITIVE_INFINITY } = environment;
    for (let sleeps = 0; ; sleeps++) {
      const endCount = Atomics.load(commandWords, COMMAND_WORD.ended);
      if (endCount === others.length) return;
      if (sleeps - endCount > maxSleeps) throw new Error(NO_ANSWER);
      Atomics.wait(commandWords, COMMAND_WORD.ended, endCount, SLEEP_MS);
    }
  }
}

/** Works for a team until it releases this worker, with the run's custom parts. Calls `onError` if the work fails. */
export function joinTeam(
  { setup, thread, threads, commandWords }: TeamMessage,
  onError: (reason: string) => void,
  parts: CustomParts = NO_PARTS,
): void {
  let context: RunContext;
  try {
    context = createContext(setup, thread, browserEnvironment(parts));
  } catch (error) {
    Atomics.add(commandWords, COMMAND_WORD.failed, 1);
    onError(reasonOf(error));
    return;
  }
  Atomics.add(commandWords, COMMAND_WORD.members, 1);
  for (let turn = 0; ; turn++) {
    while (Atomics.load(commandWords, COMMAND_WORD.turn) === turn) Atomics.wait(commandWords, COMMAND_WORD.turn, turn);
    const kind = commandWords[COMMAND_WORD.kind];
    if (kind === KIND.leave) return;
    const [first, limit, probe] = [
      commandWords[COMMAND_WORD.first],
      commandWords[COMMAND_WORD.limit],
      commandWords[COMMAND_WORD.probe] === 1,
    ];
    try {
      runWork(
        context,
        kind === KIND.opening ? { kind: 'opening', drawsWeights: true } : { kind: 'span', first, limit, probe },
        thread,
        threads,
      );
    } catch (error) {
      Atomics.add(commandWords, COMMAND_WORD.failed, 1);
      onError(reasonOf(error));
    }
    Atomics.add(commandWords, COMMAND_WORD.ended, 1);
    Atomics.notify(commandWords, COMMAND_WORD.ended);
  }
}

/** Runs the work of a thread. An error aborts the whole team, so that no thread waits for this one. */
function runWork(context: RunContext, work: Work, thread: number, threads: number): void {
  const { setup } = context;
  const teamTask = { setup, live: [setup.run], thread, threads };
  try {
    if (work.kind === 'opening') openThread(context, { ...teamTask, ...work });
    else runSteps(context, { ...teamTask, ...work });
  } catch (error) {
    abortTeam(setup.control);
    throw error;
  }
}
