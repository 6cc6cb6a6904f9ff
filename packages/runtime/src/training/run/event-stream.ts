/** Most unread events; beyond it the oldest are dropped. */
const LIMIT = 1024;

export interface EventStream<E extends { type: string }> {
  /**
   * Adds an event without waiting. A 'progress' event replaces an unread one directly before it; a 'probe' event, which
   * may be as large as a model, replaces any unread one.
   */
  push(event: E): void;
  end(): void;
  fail(error: unknown): void;
  iterate(): AsyncIterator<E, undefined>;
}

/**
 * A queue between a run that never waits and a reader that may be slow or absent. With several readers, each event goes
 * to one of them.
 */
export function createEventStream<E extends { type: string }>(): EventStream<E> {
  const unread: E[] = [];
  let closed: { error?: unknown } | undefined;
  const sleepers: (() => void)[] = [];

  function signal(): void {
    for (const wake of sleepers.splice(0)) wake();
  }

  function drop(at: number): void {
    if (at !== -1) unread.splice(at, 1);
  }

  return {
    push(event) {
      if (event.type === 'progress' && unread.at(-1)?.type === 'progress') unread.pop();
      if (event.type === 'probe') drop(unread.findLastIndex(({ type }) => type === 'probe'));
      unread.push(event);
      if (unread.length > LIMIT) unread.shift();
      signal();
    },
    end() {
      closed = {};
      signal();
    },
    fail(error) {
      closed = { error };
      signal();
    },
    iterate: () => ({
      async next() {
        while (unread.length === 0 && closed === undefined) {
          await new Promise<void>((resolve) => sleepers.push(resolve));
        }
        const event = unread.shift();
        if (event !== undefined) return { done: false, value: event };
        if (closed !== undefined && 'error' in closed) throw closed.error;
        return { done: true, value: undefined };
      },
      async return() {
        unread.length = 0;
        return { done: true, value: undefined };
      },
    }),
  };
}
