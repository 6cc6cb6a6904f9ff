/** Maximum number of unread events; beyond it the oldest are dropped. */
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

/** A queue from a run that never waits to readers that may be slow or absent. Each event goes to one of them. */
export function createEventStream<E extends { type: string }>(): EventStream<E> {
  const unread: E[] = [];
  let ending: { error?: unknown } | undefined;
  const sleepers: (() => void)[] = [];

  function signal(): void {
    for (const wake of sleepers.splice(0)) wake();
  }

  return {
    push(event) {
      if (event.type === 'progress' && unread.at(-1)?.type === 'progress') unread.pop();
      const unreadProbe = event.type === 'probe' ? unread.findLastIndex(({ type }) => type === 'probe') : -1;
      if (unreadProbe !== -1) unread.splice(unreadProbe, 1);
      unread.push(event);
      if (unread.length > LIMIT) unread.shift();
      signal();
    },
    end() {
      ending = {};
      signal();
    },
    fail(error) {
      ending = { error };
      signal();
    },
    iterate: () => ({
      async next() {
        while (unread.length === 0 && ending === undefined) {
          await new Promise<void>((resolve) => sleepers.push(resolve));
        }
        const event = unread.shift();
        if (event !== undefined) return { done: false, value: event };
        if (ending !== undefined && 'error' in ending) throw ending.error;
        return { done: true, value: undefined };
      },
      async return() {
        unread.length = 0;
        return { done: true, value: undefined };
      },
    }),
  };
}
