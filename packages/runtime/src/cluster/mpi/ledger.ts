import { viewOf } from '@gradloom/core/internal';

/** Indices of 32-bit words in the ledger's header. */
const HEADER = { trouble: 0, failedRank: 1, failureBytes: 2, usedSlots: 3, question: 4, completedCalls: 5 };
const HEADER_WORDS = 16;
const FAILURE_BYTES = 1024;

/** Time for an answer: a waiting thread checks for questions every few microseconds if it has a core. */
const ANSWER_MS = 100;

/** Kinds of failure. */
export const TROUBLE = { none: 0, failure: 1, late: 2, dead: 3 };

export const REQUEST = { none: 0, send: 1, receive: 2 };

/** A contiguous range of slots in the ledger. */
export interface Slots {
  readonly requests: Uint8Array<SharedArrayBuffer>; // array of request handles, as MPI takes it
  readonly kinds: Uint8Array<SharedArrayBuffer>; // REQUEST kind of each
  readonly started: Uint8Array<SharedArrayBuffer>; // 1 while the request is pending
}

/**
 * What the threads of a process share about exchanges: all requests, so that the main thread can end those of a thread
 * that is gone; what has gone wrong; and which ranks a thread waits for. It lies in shared memory that outlives
 * threads.
 */
export interface Ledger {
  readonly requestBytes: number;
  /** Reserves slots for requests. @throws RangeError if the ledger is full. */
  reserve(count: number): Slots;
  reservedSlots(): Slots;
  /** Frees all slots. Only while no exchange is in use. */
  clear(): void;
  /** Asks the waiting thread, if any, which ranks it waits for; in order. Waits up to ANSWER_MS for the answer. */
  awaitedRanks(): number[];
  /** Whether the main thread asks; read by a waiting thread. */
  readonly isQuestioned: boolean;
  /** In the waiting thread: answers `awaitedRanks`. */
  answerAwaited(ranks: readonly number[]): void;
  readonly trouble: number;
  /** The first failure is kept, or that of the rank with the fewest completed collective calls. */
  recordFailure(rank: number, message: string, completedCalls: number): void;
  recordLate(ranks: readonly number[]): void;
  lateRanks(): number[];
  /** Records ranks that have died. This replaces any other trouble, since nothing can go on. */
  recordDead(ranks: readonly number[]): void;
  deadRanks(): number[];
  failure(): { readonly rank: number; readonly message: string; readonly completedCalls: number };
  clearTrouble(): void;
}

/**
 * Number of slots: more than runs need. A step program (a run has a few) exchanges a few messages with each rank for
 * every bucket of parameters. 65,536 is room for many buckets on few ranks; slots that are not used take no memory.
 */
const capacityOf = (ranks: number): number => 65_536 + 1024 * ranks;

/**
 * Memory of a ledger: the header; a request, kind and started flag for each slot; the text of a failure; two flags for
 * each rank. The system provides its pages at their first use.
 */
export function allocateLedger(ranks: number, requestBytes: number): SharedArrayBuffer {
  const capacity = capacityOf(ranks);
  return new SharedArrayBuffer(HEADER_WORDS * 4 + capacity * (requestBytes + 2) + FAILURE_BYTES + 2 * ranks);
}

export function openLedger(memory: SharedArrayBuffer, ranks: number, requestBytes: number): Ledger {
  const capacity = capacityOf(ranks);
  let offset = 0;
  const takeBytes = (bytes: number): Uint8Array<SharedArrayBuffer> => {
    offset += bytes;
    return new Uint8Array(memory, offset - bytes, bytes);
  };
  const head = new Int32Array(memory, 0, HEADER_WORDS);
  takeBytes(HEADER_WORDS * 4);
  const requests = takeBytes(capacity * requestBytes);
  const kinds = takeBytes(capacity);
  const startFlags = takeBytes(capacity);
  const failureText = takeBytes(FAILURE_BYTES);
  const awaitedFlags = takeBytes(ranks); // a flag for each rank
  const dead = takeBytes(ranks);
  const slotsFrom = (from: number, count: number): Slots => ({
    requests: viewOf(requests, from * requestBytes, count * requestBytes),
    kinds: viewOf(kinds, from, count),
    started: viewOf(startFlags, from, count),
  });
  const reservedSlots = (): Slots => slotsFrom(0, Math.min(capacity, Atomics.load(head, HEADER.usedSlots)));
  const setFlags = (ranks: readonly number[], flags: Uint8Array): void => {
    flags.fill(0);
    for (const rank of ranks) flags[rank] = 1;
  };
  const flaggedRanks = (flags: Uint8Array): number[] => [...flags.keys()].filter((rank) => flags[rank] === 1);
  const recordTrouble = (trouble: number): boolean =>
    Atomics.compareExchange(head, HEADER.trouble, TROUBLE.none, trouble) === TROUBLE.none;
  return {
    requestBytes,
    reserve(count) {
      const from = Atomics.add(head, HEADER.usedSlots, count);
      if (from + count <= capacity) return slotsFrom(from, count);
      throw new RangeError(`cluster: exchanges have ${from + count} messages, expected at most ${capacity} in a run`);
    },
    reservedSlots,
    clear() {
      const usedSlots = reservedSlots();
      usedSlots.kinds.fill(REQUEST.none);
      usedSlots.started.fill(0);
      Atomics.store(head, HEADER.usedSlots, 0);
    },
    awaitedRanks() {
      if (Atomics.load(head, HEADER.trouble) === TROUBLE.late) return flaggedRanks(awaitedFlags);
      awaitedFlags.fill(0);
      Atomics.store(head, HEADER.question, 1);
      Atomics.wait(head, HEADER.question, 1, ANSWER_MS);
      Atomics.store(head, HEADER.question, 0);
      return flaggedRanks(awaitedFlags);
    },
    get isQuestioned() {
      return Atomics.load(head, HEADER.question) === 1;
    },
    answerAwaited(ranks) {
      setFlags(ranks, awaitedFlags);
      Atomics.store(head, HEADER.question, 0);
      Atomics.notify(head, HEADER.question);
    },
    get trouble() {
      return Atomics.load(head, HEADER.trouble);
    },
    recordFailure(rank, message, completedCalls) {
      const isEarlier =
        Atomics.load(head, HEADER.trouble) === TROUBLE.failure && completedCalls < head[HEADER.completedCalls];
      if (!isEarlier && !recordTrouble(TROUBLE.failure)) return;
      head[HEADER.completedCalls] = completedCalls;
      const { written } = new TextEncoder().encodeInto(message, failureText);
      head[HEADER.failedRank] = rank;
      head[HEADER.failureBytes] = written;
    },
    recordLate(ranks) {
      if (recordTrouble(TROUBLE.late)) setFlags(ranks, awaitedFlags);
    },
    lateRanks: () => flaggedRanks(awaitedFlags),
    recordDead(ranks) {
      setFlags(ranks, dead);
      Atomics.store(head, HEADER.trouble, TROUBLE.dead);
    },
    deadRanks: () => flaggedRanks(dead),
    failure: () => ({
      rank: head[HEADER.failedRank],
      message: new TextDecoder().decode(failureText.slice(0, head[HEADER.failureBytes])),
      completedCalls: head[HEADER.completedCalls],
    }),
    clearTrouble: () => void Atomics.store(head, HEADER.trouble, TROUBLE.none),
  };
}
