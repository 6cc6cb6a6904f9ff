import type { AnswerPool, Body, Reply } from '@gradloom/runtime/internal';

/** Receives the reply to a body, or an Error if its thread failed. */
export type AnswerListener = (reply: Reply | Error) => void;

/** Requests that wait for a thread. */
export interface RequestQueue {
  readonly waiting: number; // waiting requests
  /** Number of calls to threads so far. */
  readonly calls: number;
  /** Queues the body of a request; false if there is no room. */
  ask(body: Body, onAnswer: AnswerListener): boolean;
  /** From now on no request waits for others to join its call. */
  hurry(): void;
}

export interface QueueOptions {
  readonly maxWaiting: number; // requests that may wait
  readonly maxCharacters: number; // characters or bytes of all waiting bodies
  readonly delayMs: number; // how long a request waits for others while a thread is free
}

/** Maximum number of bodies and characters of a call: later requests should not wait for all that arrived at once. */
const MAX_BODIES = 512;
const MAX_CHARACTERS = 1 << 22;

interface QueuedRequest {
  readonly body: Body;
  readonly onAnswer: AnswerListener;
}

/**
 * The queue in front of the threads. A free thread gets all waiting requests in one call. Requests that arrive in one
 * turn of the event loop are handed over at its end, so they make one call, too.
 */
export function createRequestQueue(
  pool: Pick<AnswerPool, 'answer' | 'threads'>,
  { maxWaiting, maxCharacters, delayMs }: QueueOptions,
): RequestQueue {
  let queue: QueuedRequest[] = [];
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

  function nextBatch(): QueuedRequest[] {
    let count = 0;
    let batchCharacters = 0;
    while (
      count < queue.length &&
      count < MAX_BODIES &&
      (count === 0 || batchCharacters + queue[count].body.length <= MAX_CHARACTERS)
    ) {
      batchCharacters += queue[count++].body.length;
    }
    characters -= batchCharacters;
    if (count === queue.length) {
      const batch = queue;
      queue = [];
      return batch;
    }
    return queue.splice(0, count);
  }

  async function call(batch: readonly QueuedRequest[]): Promise<void> {
    try {
      const replies = await pool.answer(batch.map(({ body }) => body));
      for (let i = 0; i < batch.length; i++) batch[i].onAnswer(replies[i]);
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      for (const { onAnswer } of batch) onAnswer(failure);
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
    ask(body, onAnswer) {
      const isFull = queue.length >= maxWaiting || (queue.length > 0 && characters + body.length > maxCharacters);
      if (isFull) return false;
      queue.push({ body, onAnswer });
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
