import type { ArgumentTable } from '../arguments.ts';
import type { CallOf, Isa } from '../isa.ts';
import { type Address, at, createAssembler, type Register } from './assembler.ts';
import { type ArgumentPlace, createPlaces, type SlotPlace, type X64Place } from './places.ts';
import { assemblePlayer } from './player.ts';
import { createRegisters } from './registers.ts';
import { createRows, MOST_ROWS } from './rows.ts';
import { createAvx2, type ExtensionName, extensions } from './vector-unit.ts';

/** Code for processors of x64 that have an extension. */
export function createX64(name: ExtensionName): Isa {
  const { registers: vectorRegisters, reserved, createUnit } = extensions[name];
  const assembler = createAssembler();
  const registers = createRegisters();
  const places = createPlaces(assembler, registers);
  const vectors = createUnit(assembler);
  const { scope, takePointer, takeNumber } = registers;
  const loops: (() => void)[][] = []; // ways out of those that are open, the innermost last
  assemblePlayer(assembler, vectors);

  /** The register of `what`, or a new one with it. */
  function inRegister(what: Register | X64Place): Register {
    if (typeof what === 'number') return what;
    const r = takeNumber();
    places.load(r, what);
    return r;
  }

  function repeat(count: Register | X64Place, body: () => void): void {
    scope(() => {
      const counter = isSlot(count) ? count : inRegister(count);
      const next = assembler.position;
      scope(body);
      assembler.decrement(typeof counter === 'number' ? counter : places.addressOf(counter));
      assembler.jumpUnlessZero(next);
    });
  }

  function unlessZero(what: Register | X64Place, body: () => void): void {
    let land = () => {};
    scope(() => {
      land = assembler.skipIfZero(inRegister(what));
    });
    scope(body);
    land();
  }

  const pointTo = (address: Address): Register => {
    const r = takePointer();
    if (address.index === undefined && !address.offset) assembler.move(r, address.base);
    else assembler.loadAddress(r, address);
    return r;
  };

  return {
    vectors,
    vectorRegisters: vectorRegisters - reserved,
    quads: createAvx2(assembler), // which every processor with a wider extension has, too
    mostRows: MOST_ROWS,
    code: assembler.bytes,
    kernel(table, body) {
      const { position } = assembler;
      registers.reset();
      body(callOf(table));
      places.leave();
      assembler.ret();
      return position;
    },
    scope,

    load(place: X64Place) {
      const isPointer = ['array', 'slot', 'offset'].includes(place.kind);
      const r = isPointer ? takePointer() : takeNumber();
      places.load(r, place);
      return r;
    },
    keep: (place: X64Place) => places.keep(place),
    store: (slot: SlotPlace, pointer) => assembler.storePointer(places.addressOf(slot), pointer),
    answer: (place: ArgumentPlace, distance) => assembler.storePointer(places.addressOf(place), distance),
    word: (address: Address): X64Place => ({ kind: 'word', address }),
    offset: (base, address: Address): X64Place => ({ kind: 'offset', base, address }),

    at,
    element: (pointer, k, offset): Address => ({ base: pointer, index: k, scale: 8, offset }),
    pointTo,
    memory: () => pointTo(at(registers.memory())),
    data() {
      const r = takePointer();
      places.loadData(r);
      return r;
    },
    distance(from, to) {
      const r = takeNumber();
      assembler.move(r, to);
      assembler.subtract(r, from);
      return r;
    },
    advance: (what: Register | SlotPlace, by: Register | X64Place) =>
      scope(() => assembler.add(typeof what === 'number' ? what : places.addressOf(what), inRegister(by))),
    retreat: (what, by: Register | X64Place) => scope(() => assembler.subtract(what, inRegister(by))),
    skip: (pointer, bytes) => assembler.loadAddress(pointer, at(pointer, bytes)),

    rows: (stride: X64Place, M) => createRows(assembler, registers, places, stride, M),
    eachRow(from: Register | X64Place, stride: Register | X64Place, M, body) {
      scope(() => {
        const row = takePointer();
        if (typeof from === 'number') assembler.move(row, from);
        else places.load(row, from);
        const step = inRegister(stride);
        for (let m = 0; m < M; m++) {
          if (m > 0) assembler.add(row, step);
          scope(() => body(row, m));
        }
      });
    },

    repeat,
    times(count: Register | X64Place, body) {
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
      for (const land of loops.pop() ?? []) land();
    },
    leaveIfZero: (what: X64Place) => scope(() => loops.at(-1)?.push(assembler.skipIfZero(inRegister(what)))),

    zero() {
      const r = takeNumber();
      assembler.clear(r);
      return r;
    },
    storeWord: assembler.storeWord,
    loadBits(address: Address) {
      const r = takeNumber();
      assembler.loadPointer(r, address);
      return r;
    },
    or: (bits, address: Address) => assembler.or(bits, address),
    countUnlessZero: assembler.countUnlessZero,
    prefetch: assembler.prefetch,
    prefetchToWrite: assembler.prefetchToWrite,
  };
}

const isSlot = (what: Register | X64Place): what is SlotPlace => typeof what === 'object' && what.kind === 'slot';

/** The places of a call's arguments by name. */
function callOf<T extends ArgumentTable>(table: T): CallOf<T> {
  const places: object = Object.fromEntries(
    table.map(([name, kind], number) => [name, { kind, number } satisfies ArgumentPlace]),
  );
  return places as CallOf<T>;
}
