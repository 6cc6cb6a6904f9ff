import type { Address } from '../isa/x64/assembler.ts';
import { type Assembler, at, r8, r9, r11, r12 } from '../isa/x64/assembler.ts';
import { argument, loadArray, loadScratch } from '../isa/x64/calls.ts';
import type { Quads, Vector } from '../isa/x64/vector-unit.ts';

/** Arguments of an addition's call, by place. */
export const addArguments = {
  sum: 2,
  term: 4,
  mask: 6, // of the numbers behind whole quads
  quads: 8, // of four numbers
  rest: 9, // numbers behind them, below 4
};

// Bytes that are asked for ahead, as in an update.
const AHEAD = 2048;

/** sum[i] += term[i]. Overwrites `sum`. */
export function assembleAdd(assembler: Assembler, unit: Quads): void {
  const { sum, term, mask, quads, rest } = addArguments;
  loadArray(assembler, r8, sum);
  loadArray(assembler, r9, term);
  assembler.loadWord(r11, argument(quads));
  assembler.unlessZero(r11, () => {
    const next = assembler.position;
    assembler.prefetchToWrite(at(r8, AHEAD));
    assembler.prefetch(at(r9, AHEAD));
    addFour(unit.load, unit.store);
    for (const pointer of [r8, r9]) assembler.loadAddress(pointer, at(pointer, 32));
    assembler.decrement(r11);
    assembler.jumpUnlessZero(next);
  });
  assembler.loadWord(r11, argument(rest));
  assembler.unlessZero(r11, () => {
    loadScratch(assembler, r12, mask);
    unit.loadMask(at(r12));
    addFour(unit.loadMasked, unit.storeMasked);
  });
  assembler.ret();

  function addFour(load: (to: Vector, from: Address) => void, store: (to: Address, from: Vector) => void): void {
    load(0, at(r8));
    load(1, at(r9));
    unit.plus(0, 0, 1);
    store(at(r8), 0);
  }
}
