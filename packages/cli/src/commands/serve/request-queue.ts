import type { AnswerPool, Body, Reply } from '@gradloom/runtime/internal';

/** Receives the reply to a body, or an Error if its thread failed. */
export type Answered = (reply: Reply | Error) => void;

/** Requests that wait for a thread. */
export interface RequestQueue {
  readonly waiting: number; // waiting requests
  /** Number of calls to threads so far. */
  readonly calls: number;
  /** Queues the body of a request; false if there is no room. */
  ask(body: Body, onAnswer: Answered): boolean;
  /** From now on no request waits for others to join its call. */
  hurry(): void;
}

export interface QueueOptions {
  readonly maxWaiting: number; // requests that may wait
  readonly maxCharacters: number; // characters or bytes of all waiting bodies
  readonly delayMs: number; // how long a request waits for others while a thread is free
}

/** Most bodies and characters of a call: later requests should not wait for all that arrived at once. */
const MAX_BODIES = 512;
const MAX_CHARACTERS = 1 << 22;

interface Waiting {
  readonly body: Body;
  readonly answered: Answered;
}

/**
 * The queue in front of the threads. A free thread gets all waiting requests in one call. Requests that arrive in one
 * turn of the event loop are handed over at its end, so they make one call, too.
 */
export function createRequestQueue(
  pool: Pick<AnswerPool, 'answer' | 'threads'>,
  { maxWaiting, maxCharacters, delayMs }: QueueOptions,
): RequestQueue {
  let queue: Waiting[] = [];
  let characters = 0;
  let calls = 0;
  let freeThreads = pool.threads;
  let delay = delayMs;
  let timer: NodeJS.Timeout | NodeJS.Immediate | undefined;

  function schedule(): void {
    if (timer !== undefined || queue.length === 0 || freeThreads === 0) return;
    timer = delay === 0 ? setImmediate(startCalls) : setTimeout(startCalls, delay);
  }

  function startCalls(): void {
    timer = undefined;
    while (freeThreads > 0 && queue.length > 0) {
      freeThreads--;
      calls++;
      void call(nextBatch());
    }
  }

  function nextBatch(): Waiting[] {
    let count = 0;
    let sum = 0;
    while (
      count < queue.length &&
      count < MAX_BODIES &&
      (count === 0 || sum + queue[count].body.length <= MAX_CHARACTERS)
    ) {
      sum += queue[count++].body.length;
    }
    characters -= sum;
    if (count === queue.length) {
      const all = queue;
      queue = [];
      return all;
    }
    return queue.splice(0, count);
  }

  async function call(batch: readonly Waiting[]): Promise<void> {
    try {
      const replies = await pool.answer(batch.map(({ body }) => body));
      for (let i = 0; i < batch.length; i++) batch[i].answered(replies[i]);
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      for (const { answered } of batch) answered(failure);
    } finally {
      freeThreads++;
      schedule();
    }
  }

  return {
    get waiting() {
      return queue.length;
    },
    get calls() {
      return calls;
    },
    ask(body, answered) {
      const isFull = queue.length >= maxWaiting || (queue.length > 0 && characters + body.length > maxCharacters);
      if (isFull) return false;
      queue.push({ body, answered });
      characters += body.length;
      schedule();
      return true;
    },
    hurry() {
      delay = 0;
      if (timer !== undefined) {
        clearTimeout(timer as NodeJS.Timeout);
        clearImmediate(timer as NodeJS.Immediate);
        timer = undefined;
      }
      schedule();
    },
  };
}
