import { viewOf } from '@gradloom/core/internal';

/** Indices of 32-bit words in the ledger's header. */
const WORD = { trouble: 0, rank: 1, length: 2, used: 3, question: 4, turn: 5 };
const HEAD_WORDS = 16;
const TEXT_BYTES = 1024;

/** A waiting thread looks for questions every few microseconds if it has a core. */
const ANSWER_MS = 100;

/** Kinds of failure. */
export const TROUBLE = { none: 0, failure: 1, late: 2, dead: 3 };

/** Kinds of requests in the ledger. */
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
  take(count: number): Slots;
  /** All reserved slots. */
  taken(): Slots;
  /** Frees all slots. Only while no exchange is in use. */
  clear(): void;
  /**
   * Asks the waiting thread, if there is one, which ranks it waits for; in order. Waits up to ANSWER_MS for the answer.
   */
  awaited(): number[];
  /** Whether the main thread asks; read by a waiting thread. */
  readonly isAsked: boolean;
  /** Answers `awaited`. */
  noteAwaited(ranks: readonly number[]): void;
  readonly trouble: number;
  /**
   * The first failure is kept, or the one with the lowest turn: the number of collective calls that the failed rank had
   * completed.
   */
  noteFailure(rank: number, message: string, turn: number): void;
  noteLate(ranks: readonly number[]): void;
  late(): number[];
  /** Records ranks that have died. This replaces any other trouble, since nothing can go on. */
  noteDead(ranks: readonly number[]): void;
  died(): number[];
  failure(): { readonly rank: number; readonly message: string; readonly turn: number };
  forgetTrouble(): void;
}

/** Number of slots. A thousand for each rank suffice for a few exchanges per bucket of parameters in a few programs. */
const capacityOf = (ranks: number): number => 65_536 + 1024 * ranks;

/** Memory of a ledger. The system provides its pages when they are touched. */
export function allocateLedger(ranks: number, requestBytes: number): SharedArrayBuffer {
  const capacity = capacityOf(ranks);
  return new SharedArrayBuffer(HEAD_WORDS * 4 + capacity * (requestBytes + 2) + TEXT_BYTES + 2 * ranks);
}

/** Opens the ledger in this memory. */
export function openLedger(memory: SharedArrayBuffer, ranks: number, requestBytes: number): Ledger {
  const capacity = capacityOf(ranks);
  let offset = 0;
  const next = (bytes: number): Uint8Array<SharedArrayBuffer> => {
    offset += bytes;
    return new Uint8Array(memory, offset - bytes, bytes);
  };
  const head = new Int32Array(memory, 0, HEAD_WORDS);
  next(HEAD_WORDS * 4);
  const requests = next(capacity * requestBytes);
  const kinds = next(capacity);
  const started = next(capacity);
  const text = next(TEXT_BYTES);
  const awaited = next(ranks);
  const dead = next(ranks);
  const slots = (from: number, count: number): Slots => ({
    requests: viewOf(requests, from * requestBytes, count * requestBytes),
    kinds: viewOf(kinds, from, count),
    started: viewOf(started, from, count),
  });
  const taken = (): Slots => slots(0, Math.min(capacity, Atomics.load(head, WORD.used)));
  const mark = (ranks: readonly number[], among = awaited): void => {
    among.fill(0);
    for (const rank of ranks) among[rank] = 1;
  };
  const marked = (among = awaited): number[] => [...among.keys()].filter((rank) => among[rank] === 1);
  const note = (trouble: number): boolean =>
    Atomics.compareExchange(head, WORD.trouble, TROUBLE.none, trouble) === TROUBLE.none;
  return {
    requestBytes,
    take(count) {
      const from = Atomics.add(head, WORD.used, count);
      if (from + count <= capacity) return slots(from, count);
      throw new RangeError(`cluster: exchanges have ${from + count} messages, expected at most ${capacity} in a run`);
    },
    taken,
    clear() {
      const { kinds: known, started: underWay } = taken();
      known.fill(REQUEST.none);
      underWay.fill(0);
      Atomics.store(head, WORD.used, 0);
    },
    awaited() {
      if (Atomics.load(head, WORD.trouble) === TROUBLE.late) return marked();
      awaited.fill(0);
      Atomics.store(head, WORD.question, 1);
      Atomics.wait(head, WORD.question, 1, ANSWER_MS);
      Atomics.store(head, WORD.question, 0);
      return marked();
    },
    get isAsked() {
      return Atomics.load(head, WORD.question) === 1;
    },
    noteAwaited(ranks) {
      mark(ranks);
      Atomics.store(head, WORD.question, 0);
      Atomics.notify(head, WORD.question);
    },
    get trouble() {
      return Atomics.load(head, WORD.trouble);
    },
    noteFailure(rank, message, turn) {
      const isEarlier = Atomics.load(head, WORD.trouble) === TROUBLE.failure && turn < head[WORD.turn];
      if (!isEarlier && !note(TROUBLE.failure)) return;
      head[WORD.turn] = turn;
      const { written } = new TextEncoder().encodeInto(message, text);
      head[WORD.rank] = rank;
      head[WORD.length] = written;
    },
    noteLate(ranks) {
      if (note(TROUBLE.late)) mark(ranks);
    },
    late: () => marked(),
    noteDead(ranks) {
      mark(ranks, dead);
      Atomics.store(head, WORD.trouble, TROUBLE.dead);
    },
    died: () => marked(dead),
    failure: () => ({
      rank: head[WORD.rank],
      message: new TextDecoder().decode(text.slice(0, head[WORD.length])),
      turn: head[WORD.turn],
    }),
    forgetTrouble: () => void Atomics.store(head, WORD.trouble, TROUBLE.none),
  };
}
