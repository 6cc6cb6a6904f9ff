import type { AnswerPool, Reply } from '@gradloom/runtime/internal';

/** Hears what came of a body; an Error if the thread that had it failed. */
export type Answered = (reply: Reply | Error) => void;

/** Requests that wait for a thread. */
export interface RequestQueue {
  readonly waiting: number; // requests
  /** Number of calls to threads so far. */
  readonly calls: number;
  /** Takes the body of a request; false if there is no room. */
  ask(body: string, answered: Answered): boolean;
  /** From now on nothing waits for others to join. */
  hurry(): void;
}

export interface QueueOptions {
  readonly places: number; // requests that may wait
  readonly mostCharacters: number; // of all that wait
  readonly delayMs: number; // that a request waits for others, while a thread is free
}

/** Most bodies and characters of a call: what comes later should not wait for all that came at once. */
const MOST_BODIES = 512;
const MOST_CHARACTERS = 1 << 22;

interface Waiting {
  readonly body: string;
  readonly answered: Answered;
}

/**
 * A queue before the threads. A thread that is free gets all that waits, in one call. What arrives in one turn of the
 * event loop is handed over at its end, so that it is one call, too.
 */
export function createRequestQueue(
  pool: Pick<AnswerPool, 'answer' | 'threads'>,
  { places, mostCharacters, delayMs }: QueueOptions,
): RequestQueue {
  let list: Waiting[] = [];
  let characters = 0;
  let calls = 0;
  let free = pool.threads;
  let delay = delayMs;
  let timer: NodeJS.Timeout | NodeJS.Immediate | undefined;

  function schedule(): void {
    if (timer !== undefined || list.length === 0 || free === 0) return;
    timer = delay === 0 ? setImmediate(hand) : setTimeout(hand, delay);
  }

  function hand(): void {
    timer = undefined;
    while (free > 0 && list.length > 0) {
      free--;
      calls++;
      void call(take());
    }
  }

  function take(): Waiting[] {
    let count = 0;
    let sum = 0;
    while (
      count < list.length &&
      count < MOST_BODIES &&
      (count === 0 || sum + list[count].body.length <= MOST_CHARACTERS)
    ) {
      sum += list[count++].body.length;
    }
    characters -= sum;
    if (count === list.length) {
      const all = list;
      list = [];
      return all;
    }
    return list.splice(0, count);
  }

  async function call(taken: readonly Waiting[]): Promise<void> {
    try {
      const replies = await pool.answer(taken.map(({ body }) => body));
      for (let i = 0; i < taken.length; i++) taken[i].answered(replies[i]);
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      for (const { answered } of taken) answered(failure);
    } finally {
      free++;
      schedule();
    }
  }

  return {
    get waiting() {
      return list.length;
    },
    get calls() {
      return calls;
    },
    ask(body, answered) {
      const isFull = list.length >= places || (list.length > 0 && characters + body.length > mostCharacters);
      if (isFull) return false;
      list.push({ body, answered });
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
