import { expect, test } from 'vitest';
import { createEventStream } from '../../../packages/runtime/src/training/run/event-stream.ts';

type Event = { type: 'progress' | 'epoch' | 'probe'; n: number };
const read = async (stream: ReturnType<typeof createEventStream<Event>>) => {
  const iterator = stream.iterate();
  const events: Event[] = [];
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) events.push(next.value);
  return events;
};

test('unread progress gives way to newer progress, nothing else does', async () => {
  const stream = createEventStream<Event>();
  for (const [type, n] of [
    ['progress', 1],
    ['progress', 2],
    ['epoch', 3],
    ['progress', 4],
    ['progress', 5],
  ] as const) {
    stream.push({ type, n });
  }
  stream.end();
  expect((await read(stream)).map(({ n }) => n)).toEqual([2, 3, 5]);
});

test('unread probes give way to newer ones, whatever came between: one at most is held', async () => {
  const stream = createEventStream<Event>();
  for (let n = 0; n < 1000; n++) stream.push({ type: n % 3 === 0 ? 'probe' : 'epoch', n });
  stream.end();
  const events = await read(stream);
  expect(events.filter(({ type }) => type === 'probe').map(({ n }) => n)).toEqual([999]);
  expect(events.filter(({ type }) => type === 'epoch').length).toBe(666);
});

test('unread events are bounded, and the newest are kept', async () => {
  const stream = createEventStream<Event>();
  for (let n = 0; n < 5000; n++) stream.push({ type: 'epoch', n });
  stream.end();
  const events = await read(stream);
  expect(events.length).toBe(1024);
  expect(events.at(-1)?.n).toBe(4999);
});

test('a reader that waits is woken by an event, the end and a failure', async () => {
  const stream = createEventStream<Event>();
  const iterator = stream.iterate();
  const first = iterator.next();
  stream.push({ type: 'epoch', n: 1 });
  expect(await first).toEqual({ done: false, value: { type: 'epoch', n: 1 } });
  const second = iterator.next();
  stream.fail(new Error('broken'));
  await expect(second).rejects.toThrow('broken');
});

test('readers that wait at the same time are all woken, each event by one of them', async () => {
  const stream = createEventStream<Event>();
  const readers = [read(stream), read(stream)];
  for (const n of [1, 2, 3]) stream.push({ type: 'epoch', n });
  stream.end();
  const events = (await Promise.all(readers)).flat();
  expect(events.map(({ n }) => n).sort()).toEqual([1, 2, 3]);
});
