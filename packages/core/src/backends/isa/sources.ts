import type { ArgumentKind } from './arguments.ts';
import { type Address, type Assembler, addressAt, type Operand, type Register } from './assembler.ts';
import type { Slot, Source } from './isa.ts';
import type { Registers } from './registers.ts';

export interface ArgumentSource extends Source<never> {
  readonly kind: ArgumentKind;
  readonly number: number; // index among the call's arguments
}
export interface SlotSource extends Slot<never> {
  readonly kind: 'slot';
  readonly number: number; // index among the kernel's slots
}
/** A 32-bit word or a signed 64-bit distance in memory. */
interface WordSource<A> extends Source<never> {
  readonly kind: 'word' | 'long';
  readonly address: A;
}
/** A pointer to `base` plus as many bytes as a word in memory says. */
interface OffsetSource<A> extends Source<never> {
  readonly kind: 'offset';
  readonly base: Register;
  readonly address: A;
}
export type MemorySource<A> = WordSource<A> | OffsetSource<A>;
export type AnySource = ArgumentSource | SlotSource | MemorySource<Address>;

/** The state of registers and stack when a kernel begins, as the processor's player leaves it. */
export interface Frame {
  readonly call: Register; // points to the running call
  readonly slots: readonly Register[]; // registers of the first slots; others are on the stack
  readonly stack: Register;
  readonly slotBytes: number; // bytes that `push` takes
  /** r = a pointer to the data that `play` got, while the kernel has `depth` bytes on the stack. */
  loadData(r: Register, depth: number): void;
}

/** Loads values into registers and spills them. */
export interface Sources {
  load(r: Register, source: AnySource): void;
  spill(source: AnySource): SlotSource;
  addressOf(source: ArgumentSource): Address;
  operandOf(slot: SlotSource): Operand;
  /** r = a pointer to the data. */
  loadData(r: Register): void;
  /** Frees the slots on the stack. */
  freeSlots(): void;
}

export function createSources(assembler: Assembler, registers: Registers, frame: Frame): Sources {
  let slotCount = 0; // slots of the kernel

  const depth = (): number => frame.slotBytes * Math.max(slotCount - frame.slots.length, 0);
  const addressOf = (source: ArgumentSource): Address => addressAt(frame.call, 8 * (1 + source.number));
  const operandOf = ({ number }: SlotSource): Operand =>
    frame.slots[number] ?? addressAt(frame.stack, frame.slotBytes * (slotCount - 1 - number));

  function load(r: Register, source: AnySource): void {
    switch (source.kind) {
      case 'array':
        assembler.loadWhole(r, addressOf(source));
        assembler.add(r, registers.memory());
        break;
      case 'stride':
      case 'count':
        assembler.loadWhole(r, addressOf(source));
        break;
      case 'answer':
      case 'number':
        assembler.loadPointer(r, addressOf(source));
        break;
      case 'slot':
        assembler.loadPointer(r, operandOf(source));
        break;
      case 'word':
        assembler.loadWord(r, source.address);
        break;
      case 'long':
        assembler.loadPointer(r, source.address);
        break;
      case 'offset':
        assembler.loadWord(r, source.address);
        assembler.add(r, source.base);
        break;
    }
  }

  return {
    load,
    addressOf,
    operandOf,
    spill(source) {
      const register = frame.slots[slotCount];
      if (register !== undefined) load(register, source);
      else {
        registers.scope(() => {
          const r = registers.takeNumber();
          load(r, source);
          assembler.push(r);
        });
      }
      return { kind: 'slot', isSlot: true, number: slotCount++ };
    },
    loadData: (r) => frame.loadData(r, depth()),
    freeSlots() {
      if (depth() > 0) assembler.loadAddress(frame.stack, addressAt(frame.stack, depth()));
      slotCount = 0;
    },
  };
}
