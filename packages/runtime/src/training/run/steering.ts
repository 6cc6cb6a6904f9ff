import { option } from '@gradloom/core/internal';
import type { SteerAction, SteerEvent } from './events.ts';

/** A change of a run, made between two spans. */
export interface Order {
  readonly action: SteerAction;
  readonly rate?: number; // of action 'rate'
}

/** An order whose sender waits for the step at which it takes hold. */
export interface WaitingOrder {
  readonly order: Order;
  resolve(event: SteerEvent): void;
  reject(reason: unknown): void;
}

/** Orders to a run from the program around it. */
export interface Steering {
  /** Resolves when the order has taken hold; rejects if the run cannot follow it. */
  steer(action: SteerAction, rate?: number): Promise<SteerEvent>;
  /** The orders since the last call. */
  takeQueued(): WaitingOrder[];
  /** Resolves at the next order or signal, and keeps the process until then, as a run that trains does. */
  waitForOrder(signal: AbortSignal | undefined): Promise<void>;
  /** Refuses all orders that have not taken hold, and later ones. */
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
  const unanswered = new Set<WaitingOrder>();
  let queued: WaitingOrder[] = [];
  let isClosed = false;
  let wake = (): void => {};

  function orderOf(action: SteerAction, rate: number | undefined): Order {
    option.oneOf(actions).check('steer', 'action', action);
    if (action === 'rate') return { action, rate: option.nonNegative.check('steer', 'rate', rate) };
    if (rate !== undefined) throw new Error(`steer: rate is given with ${action}, expected it with rate alone`);
    return { action };
  }

  async function steer(action: SteerAction, rate?: number): Promise<SteerEvent> {
    const order = orderOf(action, rate);
    if (isClosed) throw new Error(ENDED);
    let entry: WaitingOrder | undefined;
    try {
      return await new Promise((resolve, reject) => {
        entry = { order, resolve, reject };
        unanswered.add(entry);
        queued.push(entry);
        wake();
      });
    } finally {
      if (entry !== undefined) unanswered.delete(entry);
    }
  }

  return {
    steer,
    takeQueued() {
      const orders = queued;
      queued = [];
      return orders;
    },
    waitForOrder: (signal) =>
      new Promise((resolve) => {
        if (queued.length > 0 || signal?.aborted) return resolve();
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
      for (const { reject } of unanswered) reject(new Error(ENDED));
    },
  };
}

const ENDED = 'steer: the run has ended, expected one that trains';
