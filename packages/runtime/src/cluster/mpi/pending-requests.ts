import type { Transfer } from '../cluster.ts';
import { freeRequests } from './exchange.ts';
import type { Ledger, Slots } from './ledger.ts';
import type { MpiLibrary } from './mpi-library.ts';

/** All requests of a process that may be pending, and the memory that they read and write. */
export interface PendingRequests {
  /** Allocates slots for the `count` requests of these transfers. */
  add(transfers: readonly Transfer[], count: number): Slots;
  /** Frees the requests of completed transfers. */
  remove(slots: Slots): void;
  /** All slots that may hold requests. */
  allSlots(): readonly Slots[];
  hold(memory: readonly SharedArrayBuffer[]): void;
  /** Frees the exchanges of threads and their memory; if some are pending, `freeLeftovers` does it later. */
  release(): void;
  /** Frees all that is left. Called when no request is pending. */
  freeLeftovers(): void;
}

export function createPendingRequests(mpi: MpiLibrary, ledger: Ledger): PendingRequests {
  const { requestBytes } = mpi.family;
  const moves = new Map<Slots, readonly Transfer[]>();
  const heldMemory = new Set<SharedArrayBuffer>();
  let mustFree = false;
  const freeExchanges = (): void => {
    freeRequests(mpi, ledger.reservedSlots());
    ledger.clear();
    heldMemory.clear();
    mustFree = false;
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
    allSlots: () => [ledger.reservedSlots(), ...moves.keys()],
    hold: (memory) => {
      for (const buffer of memory) heldMemory.add(buffer);
    },
    release() {
      if (ledger.reservedSlots().started.includes(1)) mustFree = true;
      else freeExchanges();
    },
    freeLeftovers() {
      for (const slots of moves.keys()) remove(slots);
      if (mustFree) freeExchanges();
    },
  };
}
