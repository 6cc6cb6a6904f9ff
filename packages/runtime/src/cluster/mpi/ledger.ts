import { viewOf } from '@gradloom/core/internal';

/** Words of the ledger's head. */
const WORD = { trouble: 0, rank: 1, length: 2, used: 3 };
const HEAD_WORDS = 16;
const TEXT_BYTES = 1024;

/** What has gone wrong, if anything. */
export const TROUBLE = { none: 0, failure: 1, late: 2 };

/** Kinds of requests in the ledger. */
export const REQUEST = { none: 0, send: 1, receive: 2, sum: 3 };

/** A run of neighbouring places in the ledger. */
export interface Slots {
  readonly requests: Uint8Array<SharedArrayBuffer>; // handles, as MPI takes a list of them
  readonly kinds: Uint8Array<SharedArrayBuffer>; // REQUEST of each
  readonly started: Uint8Array<SharedArrayBuffer>; // 1 while it is under way
}

/**
 * What the threads of a process know in common about its exchanges: all requests, so that the main thread can end those
 * of a thread that is gone; what has gone wrong; and for which ranks a thread waits. It is memory that no thread owns.
 */
export interface Ledger {
  readonly requestBytes: number;
  /** Places for requests. @throws RangeError where there are no more. */
  take(count: number): Slots;
  /** All places that were taken. */
  taken(): Slots;
  /** Gives all places back. Only while no exchange is in use. */
  clear(): void;
  /** 1 for each rank that a thread has been waiting for. */
  readonly awaited: Uint8Array<SharedArrayBuffer>;
  readonly trouble: number;
  /** The first trouble is kept. */
  noteFailure(rank: number, message: string): void;
  noteLate(): void;
  failure(): { readonly rank: number; readonly message: string };
  forgetTrouble(): void;
}

/** Places for requests. A thousand for each rank: a few exchanges of each bucket of parameters, in a few programs. */
const capacityOf = (ranks: number): number => 65_536 + 1024 * ranks;

/** The memory of a ledger. The system gives pages of it as they are touched. */
export function allocateLedger(ranks: number, requestBytes: number): SharedArrayBuffer {
  const capacity = capacityOf(ranks);
  return new SharedArrayBuffer(HEAD_WORDS * 4 + capacity * (requestBytes + 2) + TEXT_BYTES + ranks);
}

/** The ledger in this memory. */
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
  const slots = (from: number, count: number): Slots => ({
    requests: viewOf(requests, from * requestBytes, count * requestBytes),
    kinds: viewOf(kinds, from, count),
    started: viewOf(started, from, count),
  });
  const taken = (): Slots => slots(0, Math.min(capacity, Atomics.load(head, WORD.used)));
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
    awaited,
    get trouble() {
      return Atomics.load(head, WORD.trouble);
    },
    noteFailure(rank, message) {
      if (!note(TROUBLE.failure)) return;
      const { written } = new TextEncoder().encodeInto(message, text);
      head[WORD.rank] = rank;
      head[WORD.length] = written;
    },
    noteLate: () => void note(TROUBLE.late),
    failure: () => ({
      rank: head[WORD.rank],
      message: new TextDecoder().decode(text.slice(0, head[WORD.length])),
    }),
    forgetTrouble() {
      Atomics.store(head, WORD.trouble, TROUBLE.none);
      awaited.fill(0);
    },
  };
}
