import { defineArguments } from '../isa/arguments.ts';
import type { Address, Isa, Vector } from '../isa/isa.ts';

export const addArguments = defineArguments(
  ['sum', 'array'],
  ['term', 'array'],
  ['mask', 'array'], // of the numbers after the last whole vector
  ['vectors', 'count'], // whole vectors of numbers
  ['rest', 'count'], // numbers after them
);

// Prefetch distance in bytes, as in an update.
const AHEAD = 2048;

/** sum[i] += term[i]. Overwrites `sum`. */
export function assembleAdd(isa: Isa): number {
  const unit = isa.arithmetic;
  return isa.kernel(addArguments, (call) => {
    const sum = isa.load(call.sum);
    const term = isa.load(call.term);
    isa.times(call.vectors, () => {
      isa.prefetchToWrite(isa.at(sum, AHEAD));
      isa.prefetch(isa.at(term, AHEAD));
      addVector(unit.load, unit.store);
      for (const pointer of [sum, term]) isa.skip(pointer, unit.bytes * unit.width);
    });
    isa.unlessZero(call.rest, () => {
      unit.loadMask(isa.at(isa.load(call.mask)));
      addVector(unit.loadMasked, unit.storeMasked);
    });

    function addVector(load: (to: Vector, from: Address) => void, store: (to: Address, from: Vector) => void): void {
      load(0, isa.at(sum));
      load(1, isa.at(term));
      unit.plus(0, 0, 1);
      store(isa.at(sum), 0);
    }
  });
}
