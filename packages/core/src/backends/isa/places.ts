import type { ArgumentKind } from './arguments.ts';
import { type Address, type Assembler, at, type Operand, type Register } from './assembler.ts';
import type { Place, Slot } from './isa.ts';
import type { Registers } from './registers.ts';

export interface ArgumentPlace extends Place<never> {
  readonly kind: ArgumentKind;
  readonly number: number; // index among the call's arguments
}
export interface SlotPlace extends Slot<never> {
  readonly kind: 'slot';
  readonly number: number; // index among the kernel's slots
}
interface NumberPlace extends Place<never> {
  readonly kind: 'word' | 'long';
  readonly address: Address;
}
interface OffsetPlace extends Place<never> {
  readonly kind: 'offset';
  readonly base: Register;
  readonly address: Address;
}
export type AnyPlace = ArgumentPlace | SlotPlace | NumberPlace | OffsetPlace;

/** The state of registers and stack when a kernel begins, as the processor's player leaves it. */
export interface Frame {
  readonly call: Register; // points to the running call
  readonly slots: readonly Register[]; // registers of the first slots; others are on the stack
  readonly stack: Register;
  readonly slotBytes: number; // bytes that `push` takes
  /** r = a pointer to the data, while the kernel has `depth` bytes on the stack. */
  loadData(r: Register, depth: number): void;
}

/** Finds places in memory and loads them into registers. */
export interface Places {
  load(r: Register, place: AnyPlace): void;
  keep(place: AnyPlace): SlotPlace;
  addressOf(place: ArgumentPlace): Address;
  operandOf(slot: SlotPlace): Operand;
  /** r = a pointer to the data. */
  loadData(r: Register): void;
  /** Frees the slots on the stack. */
  leave(): void;
}

export function createPlaces(assembler: Assembler, registers: Registers, frame: Frame): Places {
  let kept = 0; // slots of the kernel

  const depth = (): number => frame.slotBytes * Math.max(kept - frame.slots.length, 0);
  const addressOf = (place: ArgumentPlace): Address => at(frame.call, 8 * (1 + place.number));
  const operandOf = ({ number }: SlotPlace): Operand =>
    frame.slots[number] ?? at(frame.stack, frame.slotBytes * (kept - 1 - number));

  function load(r: Register, place: AnyPlace): void {
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
      case 'number':
        assembler.loadPointer(r, addressOf(place));
        break;
      case 'slot':
        assembler.loadPointer(r, operandOf(place));
        break;
      case 'word':
        assembler.loadWord(r, place.address);
        break;
      case 'long':
        assembler.loadPointer(r, place.address);
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
    operandOf,
    keep(place) {
      const register = frame.slots[kept];
      if (register !== undefined) load(register, place);
      else {
        registers.scope(() => {
          const r = registers.takeNumber();
          load(r, place);
          assembler.push(r);
        });
      }
      return { kind: 'slot', isSlot: true, number: kept++ };
    },
    loadData: (r) => frame.loadData(r, depth()),
    leave() {
      if (depth() > 0) assembler.loadAddress(frame.stack, at(frame.stack, depth()));
      kept = 0;
    },
  };
}
