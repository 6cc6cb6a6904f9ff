import type { Transfer } from '../cluster.ts';
import { freeRequests } from './exchange.ts';
import type { Ledger, Slots } from './ledger.ts';
import type { MpiLibrary } from './mpi-library.ts';

/** All requests of a process that may be pending, and the memory that they read and write. */
export interface UnderWay {
  /** Slots for the requests of one move, with its transfers. */
  add(transfers: readonly Transfer[], count: number): Slots;
  /** Frees the requests of a completed move. */
  remove(slots: Slots): void;
  /** All slots that may hold requests. */
  all(): readonly Slots[];
  hold(memory: readonly SharedArrayBuffer[]): void;
  /** Frees the exchanges of threads and their memory: at once, or when none of them is pending. */
  release(): void;
  /** Frees what `release` left, when nothing is pending. */
  settle(): void;
}

export function createUnderWay(mpi: MpiLibrary, ledger: Ledger): UnderWay {
  const { requestBytes } = mpi.family;
  const moves = new Map<Slots, readonly Transfer[]>();
  const held = new Set<SharedArrayBuffer>();
  let isGivenUp = false;
  const giveUp = (): void => {
    freeRequests(mpi, ledger.taken());
    ledger.clear();
    held.clear();
    isGivenUp = false;
  };
  const remove = (slots: Slots): void => {
    freeRequests(mpi, slots);
    moves.delete(slots);
  };
  return {
    add(transfers, count) {
      const bytes = (length: number): Uint8Array<SharedArrayBuffer> => new Uint8Array(new SharedArrayBuffer(length));
      const slots = { requests: bytes(count * requestBytes), kinds: bytes(count), started: bytes(count) };
      moves.set(slots, transfers);
      return slots;
    },
    remove,
    all: () => [ledger.taken(), ...moves.keys()],
    hold: (memory) => {
      for (const one of memory) held.add(one);
    },
    release() {
      if (ledger.taken().started.includes(1)) isGivenUp = true;
      else giveUp();
    },
    settle() {
      for (const slots of moves.keys()) remove(slots);
      if (isGivenUp) giveUp();
    },
  };
}
