import type { Transfer } from '../cluster.ts';
import { freeRequests } from './exchange.ts';
import type { Ledger, Slots } from './ledger.ts';
import type { MpiLibrary } from './mpi-library.ts';

/** All requests of a process that may be pending, and the memory that they read and write. */
export interface PendingRequests {
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

export function createPendingRequests(mpi: MpiLibrary, ledger: Ledger): PendingRequests {
  const { requestBytes } = mpi.family;
  const moves = new Map<Slots, readonly Transfer[]>();
  const heldMemory = new Set<SharedArrayBuffer>();
  let isReleased = false;
  const free = (): void => {
    freeRequests(mpi, ledger.reserved());
    ledger.clear();
    heldMemory.clear();
    isReleased = false;
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
    all: () => [ledger.reserved(), ...moves.keys()],
    hold: (memory) => {
      for (const one of memory) heldMemory.add(one);
    },
    release() {
      if (ledger.reserved().started.includes(1)) isReleased = true;
      else free();
    },
    settle() {
      for (const slots of moves.keys()) remove(slots);
      if (isReleased) free();
    },
  };
}
