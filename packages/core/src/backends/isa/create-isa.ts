import type { ArgumentTable } from './arguments.ts';
import { type Address, type Assembler, addressAt, type Register } from './assembler.ts';
import type { CallOf, Isa } from './isa.ts';
import type { Registers } from './registers.ts';
import { type CreateRowPointers, createRows } from './rows.ts';
import type { AnySource, ArgumentSource, SlotSource, Sources } from './sources.ts';

/** Parts of an `Isa` that depend on the processor. */
export interface IsaParts
  extends Pick<
    Isa,
    'type' | 'vectors' | 'vectorRegisters' | 'tile' | 'formulas' | 'quads' | 'doubles' | 'wide' | 'maxRows'
  > {
  readonly origin: number; // offset of this code in the code that calls its kernels
  readonly assembler: Assembler; // already contains the tape player
  readonly registers: Registers;
  readonly sources: Sources;
  readonly createRowPointers: CreateRowPointers;
}

/** Builds the interface that kernels are written with from the parts of one processor. */
export function createIsa({ origin, assembler, registers, sources, createRowPointers, ...units }: IsaParts): Isa {
  const { scope, takePointer, takeNumber } = registers;
  const isDouble = units.type === 'float64';
  const loops: (() => void)[][] = []; // forward jumps out of the open loops, the innermost loop last

  /** Emits code that writes to r, and returns r. */
  function writeRegister(r: Register, write: (r: Register) => void): Register {
    write(r);
    return r;
  }

  /** The register of `value`, or a new register after a load. */
  const inRegister = (value: Register | AnySource): Register =>
    typeof value === 'number' ? value : writeRegister(takeNumber(), (r) => sources.load(r, value));

  function repeat(count: Register | AnySource, body: () => void): void {
    scope(() => {
      const counter = isSlot(count) ? count : inRegister(count);
      const next = assembler.position;
      scope(body);
      assembler.decrement(typeof counter === 'number' ? counter : sources.operandOf(counter));
      assembler.jumpUnlessZero(next);
    });
  }

  function unlessZero(value: Register | AnySource, body: () => void, otherwise?: () => void): void {
    let placeOtherwise = () => {};
    scope(() => {
      placeOtherwise = assembler.skipIfZero(inRegister(value));
    });
    scope(body);
    const placeEnd = otherwise === undefined ? () => {} : assembler.skip();
    placeOtherwise();
    if (otherwise !== undefined) scope(otherwise);
    placeEnd();
  }

  const pointTo = (address: Address): Register =>
    writeRegister(takePointer(), (r) => {
      if (address.index === undefined && !address.offset) assembler.move(r, address.base);
      else assembler.loadAddress(r, address);
    });

  return {
    ...units,
    code: assembler.bytes,
    kernel(table, body) {
      const { position } = assembler;
      registers.reset();
      body(callOf(table));
      sources.freeSlots();
      assembler.ret();
      assembler.placeLiterals();
      return origin + position;
    },
    scope,

    load(source: AnySource) {
      const isPointer = ['array', 'slot', 'offset'].includes(source.kind);
      return writeRegister(isPointer ? takePointer() : takeNumber(), (r) => sources.load(r, source));
    },
    spill: (source: AnySource) => sources.spill(source),
    store: (slot: SlotSource, pointer) => assembler.storePointer(sources.operandOf(slot), pointer),
    writeAnswer: (source: ArgumentSource, distance) => assembler.storePointer(sources.addressOf(source), distance),
    word: (address: Address): AnySource => ({ kind: 'word', address }),
    long: (address: Address): AnySource => ({ kind: 'long', address }),
    offsetBy: (base, address: Address): AnySource => ({ kind: 'offset', base, address }),

    at: addressAt,
    atStride: (pointer, stride, offset): Address => ({ base: pointer, index: stride, offset }),
    element: (pointer, k): Address => ({ base: pointer, index: k, scale: isDouble ? 8 : 4 }),
    numberAt: (source: ArgumentSource) => sources.addressOf(source),
    pair: (pointer, k, offset): Address => ({ base: pointer, index: k, scale: 8, offset }),
    pointTo,
    memory: () => pointTo(addressAt(registers.memory())),
    data: () => writeRegister(takePointer(), sources.loadData),
    distance: (from, to) =>
      writeRegister(takeNumber(), (r) => {
        assembler.move(r, to);
        assembler.subtract(r, from);
      }),
    advance: (target: Register | SlotSource, by: Register | AnySource) =>
      scope(() => assembler.add(typeof target === 'number' ? target : sources.operandOf(target), inRegister(by))),
    retreat: (target, by: Register | AnySource) => scope(() => assembler.subtract(target, inRegister(by))),
    skip: (pointer, bytes) => assembler.loadAddress(pointer, addressAt(pointer, bytes)),

    rows: (stride: AnySource, M) =>
      createRows(assembler, registers, sources, createRowPointers(assembler, registers, sources, stride, M)),
    eachRow(from: Register | AnySource, stride: Register | AnySource, M, body) {
      scope(() => {
        const row = takePointer();
        if (typeof from === 'number') assembler.move(row, from);
        else sources.load(row, from);
        const step = inRegister(stride);
        for (let m = 0; m < M; m++) {
          if (m > 0) assembler.add(row, step);
          scope(() => body(row, m));
        }
      });
    },

    repeat,
    repeatOrSkip(count: Register | AnySource, body) {
      scope(() => {
        const counter = inRegister(count);
        unlessZero(counter, () => repeat(counter, body));
      });
    },
    unlessZero,
    loop(body) {
      const next = assembler.position;
      loops.push([]);
      scope(body);
      assembler.jump(next);
      for (const placeEnd of loops.pop() ?? []) placeEnd();
    },
    leaveIfZero: (source: AnySource) => scope(() => loops.at(-1)?.push(assembler.skipIfZero(inRegister(source)))),

    zero: () => writeRegister(takeNumber(), assembler.clear),
    storeWord: assembler.storeWord,
    index: (address: Address) => writeRegister(takeNumber(), (r) => assembler.loadWhole(r, address, units.type)),
    multiply(count, by: Register | AnySource) {
      scope(() => assembler.multiply(count, inRegister(by)));
      return count as Register;
    },
    loadBits: (address: Address) =>
      writeRegister(takeNumber(), (r) => (isDouble ? assembler.loadPointer : assembler.loadWord)(r, address)),
    storeBits: (address: Address, bits) => (isDouble ? assembler.storePointer : assembler.storeWord)(address, bits),
    or: (bits, address: Address) => (isDouble ? assembler.or : assembler.orWord)(bits, address),
    countUnlessZero: assembler.countUnlessZero,
    prefetch: assembler.prefetch,
    prefetchToWrite: assembler.prefetchToWrite,
  };
}

const isSlot = (value: Register | AnySource): value is SlotSource => typeof value === 'object' && value.kind === 'slot';

const callsByTable = new WeakMap<ArgumentTable, object>();

/** The arguments of a call by name. All kernels with this table share them. */
export function callOf<T extends ArgumentTable>(table: T): CallOf<T> {
  const call: object =
    callsByTable.get(table) ??
    Object.fromEntries(table.map(([name, kind], number) => [name, { kind, number } satisfies ArgumentSource]));
  callsByTable.set(table, call);
  return call as CallOf<T>;
}
