import { type Address, addressAt } from '../assembler.ts';
import type { Vector } from '../isa.ts';
import { type Access, type Assembler, x16, x17 } from './assembler.ts';
import { type Form, LOAD_D, LOAD_Q, LOAD_S, STORE_D, STORE_Q, STORE_S, VECTOR } from './forms.ts';
import { LIVE } from './player.ts';

/** Moves the first elements of a vector register or of two neighbours: as many as `LIVE` has bytes, at least one. */
export interface Masked {
  /** LIVE = bytes of the elements that are -1 (not 0) in the vector `mask`. Overwrites `mask`. */
  count(mask: Vector): void;
  load(to: Vector, from: Address): void;
  store(to: Address, from: Vector): void;
  /** Loads `to` and to + 1. At least one element is not moved. */
  loadPair(to: Vector, from: Address): void;
}

/** Instructions that move parts of a vector. */
interface Move {
  readonly whole: Access;
  readonly half: Access;
  readonly quarter: Access;
  /** Moves the third quarter, for which there is no instruction with an offset. */
  third(register: Vector, address: Address): void;
}

/**
 * NEON has no masks. Jumps by the bits of `LIVE` lead to loads or stores of that many bytes; they are predictable,
 * since a loop takes the same jumps each time. `free` is an unused vector register.
 */
export function createMasked(assembler: Assembler, { bytes }: Form, free: Vector): Masked {
  const { emit, access, skipIfBitClear, skip } = assembler;
  const loads: Move = {
    whole: LOAD_Q,
    half: LOAD_D,
    quarter: LOAD_S,
    third(register, address) {
      access(LOAD_S, free, offsetBy(address, 8));
      emit(0x6e180400, register, free); // mov v.d[1], v.d[0]
    },
  };
  const stores: Move = {
    whole: STORE_Q,
    half: STORE_D,
    quarter: STORE_S,
    third(register, address) {
      emit(0x5e180400, free, register); // mov d, v.d[1]
      access(STORE_S, free, offsetBy(address, 8));
    },
  };

  /** Moves less than a vector: the elements in the bits of `LIVE` below its size. */
  function movePart(
    { half, quarter, third }: Move,
    register: Vector,
    address: Address,
    { mayBeNone }: { mayBeNone: boolean },
  ): void {
    const ends: (() => void)[] = [];
    const placeLess = bytes === 4 || mayBeNone ? skipIfBitClear(LIVE, 3) : () => {};
    access(half, register, address);
    if (bytes === 4) {
      ends.push(skipIfBitClear(LIVE, 2));
      third(register, address);
      ends.push(skip());
    }
    placeLess();
    if (bytes === 4) {
      if (mayBeNone) ends.push(skipIfBitClear(LIVE, 2));
      access(quarter, register, address);
    }
    for (const placeEnd of ends) placeEnd();
  }

  function move(how: Move, register: Vector, address: Address): void {
    const placeLess = skipIfBitClear(LIVE, 4);
    access(how.whole, register, address);
    const placeEnd = skip();
    placeLess();
    movePart(how, register, address, { mayBeNone: false });
    placeEnd();
  }

  function movePair(how: Move, register: Vector, address: Address): void {
    const placeLess = skipIfBitClear(LIVE, 4);
    access(how.whole, register, address);
    movePart(how, register + 1, offsetBy(address, VECTOR), { mayBeNone: true });
    const placeEnd = skip();
    placeLess();
    movePart(how, register, address, { mayBeNone: false });
    placeEnd();
  }

  return {
    count(mask) {
      if (bytes === 8)
        emit(0x5ef1b800, mask, mask); // addp of two doubles' words
      else emit(0x4eb1b800, mask, mask); // addv of four
      emit(bytes === 8 ? 0x9e660000 : 0x1e260000, x17, mask); // fmov
      // LIVE = -sum · bytes: sub from zero with a shift.
      if (bytes === 8) emit(0xcb0003e0 | (3 << 10), LIVE, 0, x17);
      else emit(0x4b0003e0 | (2 << 10), LIVE, 0, x17);
    },
    load: (to, from) => move(loads, to, withoutIndex(assembler, from)),
    store: (to, from) => move(stores, from, withoutIndex(assembler, to)),
    loadPair(to, from) {
      emit(CLEAR, to + 1);
      movePair(loads, to, withoutIndex(assembler, from));
    },
  };
}

/** movi: all bits of a vector are 0. */
export const CLEAR = 0x6f00e400;

/** The address with its index added once, for several loads. */
export function withoutIndex(assembler: Assembler, address: Address): Address {
  const { base, index, scale = 1, offset } = address;
  if (index === undefined) return address;
  assembler.loadAddress(x16, { base, index, scale });
  return addressAt(x16, offset);
}

export const offsetBy = (address: Address, bytes: number): Address => ({
  ...address,
  offset: (address.offset ?? 0) + bytes,
});
