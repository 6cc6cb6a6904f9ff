import './shared-memory.ts'; // before all modules that make shared arrays
import { type Activation, activations, initializers, optimizers } from '@gradloom/core';
import { elementTypes, reasonOf } from '@gradloom/core/internal';
import { browserCores, joinTeam, type TeamMessage } from '@gradloom/runtime/browser';
import { planes } from './data.ts';
import { createDigits } from './digits.ts';
import type { FromWorker, Ready, ToWorker } from './messages.ts';
import { openSession, type Session } from './session.ts';
import { sharesMemory } from './shared-memory.ts';

/** The part of a worker's global object that is used here. */
interface Scope {
  readonly name: string;
  readonly location: Location;
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(message: unknown): void;
}
const scope = self as unknown as Scope;

/** Name of a worker that is one of the threads of another one's run. */
const MEMBER = 'member';

/** Works for another worker. */
function join(): void {
  scope.onmessage = ({ data }) =>
    joinTeam(data as TeamMessage, (reason) => setTimeout(() => Promise.reject(new Error(reason))));
  scope.postMessage(null); // tells that it listens
}

/** Answers the page, and trains. */
function lead(): void {
  const tell = (message: FromWorker): void => scope.postMessage(message);
  const digits = createDigits(fetchFile, (share) => tell({ kind: 'digit-training', share }));
  let session: Session | null = null;
  let run = 0;
  let stepsPerSecond = 0; // 0: paused
  let isDue = false; // whether a tick is on its way
  let opening = Promise.resolve();

  scope.onmessage = ({ data }) => {
    const message = data as ToWorker;
    if (message.kind === 'open') {
      run = message.run;
      stepsPerSecond = 0;
      close();
      opening = opening.then(() => open(message));
    } else if (message.kind === 'go') {
      stepsPerSecond = message.stepsPerSecond;
      owed = 0;
      plan(0);
    } else if (message.kind === 'pause') stepsPerSecond = 0;
    else if (message.kind === 'step') guarded(() => advance(1));
    else if (message.kind === 'shown') {
      isDrawing = false;
      if (isStale) guarded(show);
    } else void digits.answer(message.pixels).then(tell);
  };
  tell({ kind: 'ready', choices, cores: browserCores(), sharesMemory });

  async function open({ run: own, settings, points }: Extract<ToWorker, { kind: 'open' }>): Promise<void> {
    if (own !== run) return; // a newer one follows
    try {
      const threads = sharesMemory ? settings.threads : 1;
      const others = await team(threads - 1);
      if (own !== run) return;
      const opened = await openSession(settings, points, others);
      if (own !== run) {
        opened.close();
        return;
      }
      session = opened;
      isDrawing = false;
      tell({ kind: 'opened', run, ...session.facts });
      show();
      plan(0);
    } catch (error) {
      fail(error, own);
    }
  }

  function close(): void {
    session?.close();
    session = null;
  }

  const fail = (error: unknown, own = run): void => {
    leave();
    tell({ kind: 'failed', run: own, sentence: reasonOf(error) });
  };
  let isDrawing = false; // whether the page still draws the last frame
  let isStale = false; // whether there is more to show

  function show(): void {
    isStale = isDrawing;
    if (session === null || isDrawing) return;
    isDrawing = true;
    tell({ kind: 'frame', run, ...session.frame() });
  }

  let owed = 0; // part of a step that time has earned
  let spanSteps = 1; // at full speed, steps that take about a frame

  function advance(steps: number): void {
    if (session === null || session.isOver || steps === 0) return;
    session.advance(steps);
    show();
  }

  /** Runs the steps of a moment, and plans the next. Between the two, messages are heard. */
  function tick(): void {
    isDue = false;
    if (session === null || session.isOver || stepsPerSecond === 0) return;
    const begin = performance.now();
    if (Number.isFinite(stepsPerSecond)) {
      owed += (stepsPerSecond * FRAME_MS) / 1000;
      const steps = Math.floor(owed);
      owed -= steps;
      guarded(() => advance(steps));
      plan(Math.max(0, FRAME_MS - (performance.now() - begin)));
      return;
    }
    guarded(() => session?.advance(spanSteps));
    const spentMs = performance.now() - begin;
    spanSteps = Math.max(1, Math.min(MOST_SPAN, Math.round(spanSteps * Math.min(2, FRAME_MS / Math.max(1, spentMs)))));
    guarded(show);
    plan(0);
  }

  function plan(afterMs: number): void {
    if (isDue || session === null || stepsPerSecond === 0) return;
    isDue = true;
    setTimeout(tick, afterMs);
  }

  function guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      close();
      fail(error);
    }
  }
}

/** Milliseconds from one frame to the next. */
const FRAME_MS = 50;
/** Most steps between two frames. */
const MOST_SPAN = 20_000;

const choices: Ready['choices'] = {
  data: planes,
  activation: Object.entries<Activation>(activations).flatMap(([name, { maxSlope }]) => (maxSlope > 0 ? [name] : [])),
  init: Object.keys(initializers),
  optimizer: Object.keys(optimizers),
  precision: [...elementTypes],
};

/** A file beside this script, asked for with the token of this script's address. */
async function fetchFile(name: string): Promise<Response> {
  const response = await fetch(`${name}${scope.location.search}`).catch((error: unknown) => {
    throw new Error(`The server does not answer for ${name} (${reasonOf(error)}).`);
  });
  if (response.ok) return response;
  const { error = `The server has no ${name}, which gradloom playground --out writes.` } = await response
    .json()
    .catch(() => ({}));
  throw new Error(String(error));
}

const members: Promise<Worker>[] = [];

/** Other workers that listen; they are kept for later runs. */
function team(count: number): Promise<Worker[]> {
  while (members.length < count) members.push(startMember());
  return Promise.all(members.slice(0, count));
}

/** Ends the other workers: one of them may be gone, and another run needs new ones. */
function leave(): void {
  for (const member of members.splice(0)) void member.then((worker) => worker.terminate()).catch(() => {});
}

function startMember(): Promise<Worker> {
  const worker = new Worker(scope.location.href, { name: MEMBER });
  return new Promise((resolve, reject) => {
    worker.onmessage = () => resolve(worker);
    worker.onerror = () => reject(new Error('a worker of the team does not start'));
  });
}

if (scope.name === MEMBER) join();
else lead();
