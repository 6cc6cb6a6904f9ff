import { option } from '@gradloom/core/internal';
import type { SteerAction, SteerEvent } from './events.ts';

/** A command to a run, which is applied between two spans. */
export interface Command {
  readonly action: SteerAction;
  readonly rate?: number; // of action 'rate'
}

/** A command that is not applied yet, with the functions that settle the promise of its sender. */
export interface PendingCommand {
  readonly command: Command;
  resolve(event: SteerEvent): void;
  reject(reason: unknown): void;
}

/** Commands to a run from the program that started it. */
export interface Steering {
  /** Resolves when the command is applied; rejects if the run cannot follow it. */
  steer(action: SteerAction, rate?: number): Promise<SteerEvent>;
  /** The commands since the last call. */
  takeQueued(): PendingCommand[];
  /** Resolves at the next command or signal; until then the process stays alive, as while a run trains. */
  waitForCommand(signal: AbortSignal | undefined): Promise<void>;
  /** Rejects all pending commands and later ones. */
  close(): void;
}

const actions: Readonly<Record<SteerAction, true>> = {
  pause: true,
  continue: true,
  rate: true,
  checkpoint: true,
  stop: true,
};

/** Longest interval of a timer. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export function createSteering(): Steering {
  const pending = new Set<PendingCommand>();
  let queuedCommands: PendingCommand[] = [];
  let isClosed = false;
  let wake = (): void => {};

  function commandOf(action: SteerAction, rate: number | undefined): Command {
    option.oneOf(actions).check('steer', 'action', action);
    if (action === 'rate') return { action, rate: option.nonNegative.check('steer', 'rate', rate) };
    if (rate !== undefined) throw new Error(`steer: rate is given with ${action}, expected it with rate alone`);
    return { action };
  }

  async function steer(action: SteerAction, rate?: number): Promise<SteerEvent> {
    const command = commandOf(action, rate);
    if (isClosed) throw new Error(ENDED);
    let entry: PendingCommand | undefined;
    try {
      return await new Promise((resolve, reject) => {
        entry = { command, resolve, reject };
        pending.add(entry);
        queuedCommands.push(entry);
        wake();
      });
    } finally {
      if (entry !== undefined) pending.delete(entry);
    }
  }

  return {
    steer,
    takeQueued() {
      const commands = queuedCommands;
      queuedCommands = [];
      return commands;
    },
    waitForCommand: (signal) =>
      new Promise((resolve) => {
        if (queuedCommands.length > 0 || signal?.aborted) return resolve();
        const keepAlive = setInterval(() => {}, MAX_TIMER_MS);
        wake = () => {
          clearInterval(keepAlive);
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        signal?.addEventListener('abort', wake, { once: true });
      }),
    close() {
      isClosed = true;
      for (const { reject } of pending) reject(new Error(ENDED));
    },
  };
}

const ENDED = 'steer: the run has ended, expected one that trains';
