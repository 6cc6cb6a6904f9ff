import './shared-memory.ts'; // before all modules that make shared arrays
import { type Activation, activations, initializers, optimizers } from '@gradloom/core';
import { elementTypes, reasonOf } from '@gradloom/core/internal';
import { joinTeam, type TeamMessage } from '@gradloom/runtime/browser';
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

/** Name of a worker that is a thread of another worker's run. */
const MEMBER = 'member';

/** Runs tasks of another worker. */
function runAsMember(): void {
  scope.onmessage = ({ data }) =>
    joinTeam(data as TeamMessage, (reason) => setTimeout(() => Promise.reject(new Error(reason)))); // to the console
  scope.postMessage(null); // says that it listens
}

/** Answers the page, and trains. */
function runAsLeader(): void {
  const send = (message: FromWorker): void => scope.postMessage(message);
  const digits = createDigits(fetchFile, (share) => send({ kind: 'digit-training', share }));
  let session: Session | null = null;
  let run = 0;
  let stepsPerSecond = 0; // 0: paused
  let isScheduled = false; // whether a timer of `tick` runs
  let opening = Promise.resolve(); // settles when all requested runs have opened, one after the other
  let isDrawing = false; // whether the page still draws the last frame
  let isStale = false; // whether there is more to show
  let dueSteps = 0; // steps that should have been taken by now, with a fraction
  let spanSteps = 1; // at full speed, steps that take about a frame

  scope.onmessage = ({ data }) => {
    const message = data as ToWorker;
    if (message.kind === 'open') {
      run = message.run;
      stepsPerSecond = 0;
      close();
      opening = opening.then(() => open(message));
    } else if (message.kind === 'go') {
      stepsPerSecond = message.stepsPerSecond;
      dueSteps = 0;
      schedule(0);
    } else if (message.kind === 'pause') stepsPerSecond = 0;
    else if (message.kind === 'step') reportErrors(() => advance(1));
    else if (message.kind === 'shown') {
      isDrawing = false;
      if (isStale) reportErrors(show);
    } else void digits.answer(message.pixels).then(send);
  };
  send({ kind: 'ready', choices, sharesMemory });

  async function open({ run: requestedRun, settings, points }: Extract<ToWorker, { kind: 'open' }>): Promise<void> {
    if (requestedRun !== run) return; // a newer one follows
    try {
      const threads = sharesMemory ? settings.threads : 1;
      const teamWorkers = await startMembers(threads - 1);
      if (requestedRun !== run) return;
      const newSession = await openSession(settings, points, teamWorkers);
      if (requestedRun !== run) {
        newSession.close();
        return;
      }
      session = newSession;
      isDrawing = false;
      send({ kind: 'opened', run, ...session.facts });
      show();
      schedule(0);
    } catch (error) {
      fail(error, requestedRun);
    }
  }

  function close(): void {
    session?.close();
    session = null;
  }

  const fail = (error: unknown, failedRun = run): void => {
    endMembers();
    send({ kind: 'failed', run: failedRun, sentence: reasonOf(error) });
  };
  function show(): void {
    isStale = isDrawing;
    if (session === null || isDrawing) return;
    isDrawing = true;
    send({ kind: 'frame', run, ...session.frame() });
  }

  function advance(steps: number): void {
    if (session === null || session.isOver || steps === 0) return;
    session.advance(steps);
    show();
  }

  /** Runs the steps of one frame, and schedules the next by a timer, so that messages are handled in between. */
  function tick(): void {
    isScheduled = false;
    if (session === null || session.isOver || stepsPerSecond === 0) return;
    const begin = performance.now();
    if (Number.isFinite(stepsPerSecond)) {
      dueSteps += (stepsPerSecond * FRAME_MS) / 1000;
      const steps = Math.floor(dueSteps);
      dueSteps -= steps;
      reportErrors(() => advance(steps));
      schedule(Math.max(0, FRAME_MS - (performance.now() - begin)));
      return;
    }
    reportErrors(() => session?.advance(spanSteps));
    const spentMs = performance.now() - begin;
    const growth = Math.min(2, FRAME_MS / Math.max(1, spentMs));
    spanSteps = Math.max(1, Math.min(MAX_SPAN_STEPS, Math.round(spanSteps * growth)));
    reportErrors(show);
    schedule(0);
  }

  function schedule(afterMs: number): void {
    if (isScheduled || session === null || stepsPerSecond === 0) return;
    isScheduled = true;
    setTimeout(tick, afterMs);
  }

  /** Does `work`; an error ends the run, and is shown. */
  function reportErrors(work: () => void): void {
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
/** Maximum number of steps between two frames. */
const MAX_SPAN_STEPS = 20_000;

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

/** Workers that listen for tasks. They are kept for later runs. */
function startMembers(count: number): Promise<Worker[]> {
  while (members.length < count) members.push(startMember());
  return Promise.all(members.slice(0, count));
}

/** Ends the members: one of them may have failed, and another run needs new ones. */
function endMembers(): void {
  for (const member of members.splice(0)) void member.then((worker) => worker.terminate()).catch(() => {});
}

function startMember(): Promise<Worker> {
  const worker = new Worker(scope.location.href, { name: MEMBER });
  return new Promise((resolve, reject) => {
    worker.onmessage = () => resolve(worker);
    worker.onerror = () => reject(new Error('a worker of the team does not start'));
  });
}

if (scope.name === MEMBER) runAsMember();
else runAsLeader();
