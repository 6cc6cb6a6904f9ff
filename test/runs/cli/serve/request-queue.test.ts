import type { Reply } from '@gradloom/runtime/internal';
import { expect, test } from 'vitest';
import { createRequestQueue } from '../../../../packages/cli/src/commands/serve/request-queue.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Threads that answer when they are told to. */
function heldPool(threads: number) {
  const calls: { bodies: readonly string[]; settle: (error?: Error) => void }[] = [];
  const answer = (bodies: readonly string[]): Promise<readonly Reply[]> =>
    new Promise((resolve, reject) => {
      const settle = (error?: Error) =>
        error === undefined ? resolve(bodies.map((text) => ({ rows: 1, text: `answer to ${text}` }))) : reject(error);
      calls.push({ bodies, settle });
    });
  return { threads, answer, calls };
}

function opened({ threads = 1, maxWaiting = 100, maxCharacters = 1000, delayMs = 0 } = {}) {
  const pool = heldPool(threads);
  const queue = createRequestQueue(pool, { maxWaiting, maxCharacters, delayMs });
  const heard: [string, string][] = [];
  const ask = (body: string) =>
    queue.ask(body, (reply) => heard.push([body, reply instanceof Error ? reply.message : reply.text]));
  return { pool, queue, heard, ask, bodies: () => pool.calls.map(({ bodies }) => bodies) };
}

test('what arrives in one turn of the event loop is one call, and what arrives meanwhile the next', async () => {
  const { pool, queue, heard, ask, bodies } = opened();
  for (const body of ['a', 'b']) ask(body);
  await turn();
  for (const body of ['c', 'd', 'e']) ask(body);
  await turn();
  expect(bodies()).toEqual([['a', 'b']]);
  expect(queue.waiting).toBe(3);
  pool.calls[0].settle();
  await turn();
  await turn();
  expect(bodies()).toEqual([
    ['a', 'b'],
    ['c', 'd', 'e'],
  ]);
  pool.calls[1].settle();
  await turn();
  expect(heard).toEqual(['a', 'b', 'c', 'd', 'e'].map((body) => [body, `answer to ${body}`]));
  expect(queue.calls).toBe(2);
});

test('a request to a full queue is refused, until a thread has taken earlier ones', async () => {
  const { pool, ask, bodies } = opened({ maxWaiting: 2 });
  expect(['a', 'b', 'c'].map(ask)).toEqual([true, true, false]);
  await turn(); // taken
  expect(['d', 'e', 'f'].map(ask)).toEqual([true, true, false]);
  pool.calls[0].settle();
  await turn();
  await turn();
  expect(ask('g')).toBe(true);
  expect(bodies()).toEqual([
    ['a', 'b'],
    ['d', 'e'],
  ]);
});

test('so is a body that would make all that wait too long, unless nothing waits', () => {
  const { ask } = opened({ maxCharacters: 10 });
  expect(['123456', '1234', '1'].map(ask)).toEqual([true, true, false]);
  expect(opened({ maxCharacters: 10 }).ask('x'.repeat(50))).toBe(true);
});

test('each thread that is free gets a call', async () => {
  const { pool, ask, bodies } = opened({ threads: 2 });
  ask('a');
  await turn();
  ask('b');
  await turn();
  ask('c');
  await turn();
  expect(bodies()).toEqual([['a'], ['b']]);
  pool.calls[1].settle();
  await turn();
  await turn();
  expect(bodies()).toEqual([['a'], ['b'], ['c']]);
});

test('a thread that fails tells its requests, and the next go on', async () => {
  const { pool, heard, ask } = opened();
  ask('a');
  await turn();
  ask('b');
  pool.calls[0].settle(new Error('it ended'));
  await turn();
  await turn();
  pool.calls[1].settle();
  await turn();
  expect(heard).toEqual([
    ['a', 'it ended'],
    ['b', 'answer to b'],
  ]);
});

test('with a delay a request waits for others, unless all have to hurry', async () => {
  const { queue, ask, bodies } = opened({ delayMs: 1e6 });
  ask('a');
  await turn();
  ask('b');
  await turn();
  expect(bodies()).toEqual([]);
  queue.hurry();
  await turn();
  expect(bodies()).toEqual([['a', 'b']]);
});
