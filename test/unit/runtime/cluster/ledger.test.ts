import { expect, test } from 'vitest';
import { allocateLedger, openLedger, REQUEST, TROUBLE } from '../../../../packages/runtime/src/cluster/mpi/ledger.ts';

const open = (memory = allocateLedger(3, 4)) => openLedger(memory, 3, 4);

test('places are taken one after the other, and another thread sees them', () => {
  const memory = allocateLedger(3, 4);
  const one = open(memory);
  const first = one.reserve(2);
  first.kinds.fill(REQUEST.send);
  first.requests.fill(1);
  const second = one.reserve(3);
  second.started[2] = 1;
  const taken = open(memory).reservedSlots();
  expect([...taken.kinds]).toEqual([1, 1, 0, 0, 0]);
  expect([...taken.started]).toEqual([0, 0, 0, 0, 1]);
  expect([...taken.requests]).toEqual([...Array(8).fill(1), ...Array(12).fill(0)]);
  one.clear();
  expect(open(memory).reservedSlots().kinds.length).toBe(0);
  expect([...one.reserve(5).started]).toEqual([0, 0, 0, 0, 0]);
});

test('a run with too many messages is told so', () => {
  expect(() => open().reserve(70_000)).toThrow(/exchanges have 70000 messages, expected at most 68608 in a run/);
});

test('the first trouble is kept, of failures the earliest, until it is forgotten', () => {
  const ledger = open();
  ledger.recordFailure(1, 'later', 7);
  ledger.recordFailure(2, 'no room', 3);
  ledger.recordFailure(1, 'another', 3);
  ledger.recordLate([0]);
  expect([ledger.trouble, ledger.failure()]).toEqual([
    TROUBLE.failure,
    { rank: 2, message: 'no room', completedCalls: 3 },
  ]);
  ledger.clearTrouble();
  expect(ledger.trouble).toBe(TROUBLE.none);
  ledger.recordLate([0, 2]);
  expect([ledger.trouble, ledger.lateRanks()]).toEqual([TROUBLE.late, [0, 2]]);
});

test('a death counts whatever else was wrong, and does not hide for whom a thread waits', () => {
  const ledger = open();
  ledger.recordFailure(1, 'no room', 3);
  ledger.answerAwaited([0]);
  ledger.recordDead([1, 2]);
  ledger.recordLate([0]);
  ledger.recordFailure(1, 'no room', 1);
  expect([ledger.trouble, ledger.deadRanks()]).toEqual([TROUBLE.dead, [1, 2]]);
});

test('a message that is too long for the ledger is cut off between characters', () => {
  const ledger = open();
  ledger.recordFailure(1, 'ü'.repeat(2000), 0);
  expect(ledger.failure().message).toBe('ü'.repeat(512));
});
