import type { ArgumentKind } from '../arguments.ts';
import type { Place, Slot } from '../isa.ts';
import { type Address, type Assembler, at, type Register, rsp } from './assembler.ts';
import { CALL, type Registers } from './registers.ts';

export interface ArgumentPlace extends Place<never> {
  readonly kind: ArgumentKind;
  readonly number: number; // of the call's
}
export interface SlotPlace extends Slot<never> {
  readonly kind: 'slot';
  readonly number: number; // from the bottom of the kernel's stack on
}
interface WordPlace extends Place<never> {
  readonly kind: 'word';
  readonly address: Address;
}
interface OffsetPlace extends Place<never> {
  readonly kind: 'offset';
  readonly base: Register;
  readonly address: Address;
}
export type X64Place = ArgumentPlace | SlotPlace | WordPlace | OffsetPlace;

/** Where places lie, and how they get into registers. */
export interface Places {
  load(r: Register, place: X64Place): void;
  keep(place: X64Place): SlotPlace;
  addressOf(place: ArgumentPlace | SlotPlace): Address;
  /** r = a pointer to the data. */
  loadData(r: Register): void;
  /** Takes what waits off the stack. */
  leave(): void;
}

/** Bytes on the stack above what a kernel keeps there: where it returns to, the calls that are left, the memory. */
const DATA = 24;

export function createPlaces(assembler: Assembler, registers: Registers): Places {
  let depth = 0; // of the kernel's stack

  const addressOf = (place: ArgumentPlace | SlotPlace): Address =>
    place.kind === 'slot' ? at(rsp, 8 * (depth - 1 - place.number)) : at(CALL, 8 * (1 + place.number));

  function load(r: Register, place: X64Place): void {
    switch (place.kind) {
      case 'array':
        assembler.loadWhole(r, addressOf(place));
        assembler.add(r, registers.memory());
        break;
      case 'stride':
      case 'count':
        assembler.loadWhole(r, addressOf(place));
        break;
      case 'answer':
      case 'slot':
        assembler.loadPointer(r, addressOf(place));
        break;
      case 'word':
        assembler.loadWord(r, place.address);
        break;
      case 'offset':
        assembler.loadWord(r, place.address);
        assembler.add(r, place.base);
        break;
    }
  }

  return {
    load,
    addressOf,
    keep(place) {
      registers.scope(() => {
        const r = registers.takeNumber();
        load(r, place);
        assembler.push(r);
      });
      return { kind: 'slot', isSlot: true, number: depth++ };
    },
    loadData: (r) => assembler.loadPointer(r, at(rsp, DATA + 8 * depth)),
    leave() {
      if (depth > 0) assembler.loadAddress(rsp, at(rsp, 8 * depth));
      depth = 0;
    },
  };
}
