import { defineArguments } from '../isa/arguments.ts';
import type { Address, Isa } from '../isa/isa.ts';
import type { Vector } from '../isa/vectors.ts';

export const addArguments = defineArguments(
  ['sum', 'array'],
  ['term', 'array'],
  ['mask', 'array'], // of the numbers behind whole quads
  ['quads', 'count'], // of four numbers
  ['rest', 'count'], // numbers behind them, below 4
);

// Bytes that are asked for ahead, as in an update.
const AHEAD = 2048;

/** sum[i] += term[i]. Overwrites `sum`. */
export function assembleAdd(isa: Isa): number {
  const { quads } = isa;
  return isa.kernel(addArguments, (call) => {
    const sum = isa.load(call.sum);
    const term = isa.load(call.term);
    isa.times(call.quads, () => {
      isa.prefetchToWrite(isa.at(sum, AHEAD));
      isa.prefetch(isa.at(term, AHEAD));
      addFour(quads.load, quads.store);
      for (const pointer of [sum, term]) isa.skip(pointer, 8 * quads.width);
    });
    isa.unlessZero(call.rest, () => {
      quads.loadMask(isa.at(isa.load(call.mask)));
      addFour(quads.loadMasked, quads.storeMasked);
    });

    function addFour(load: (to: Vector, from: Address) => void, store: (to: Address, from: Vector) => void): void {
      load(0, isa.at(sum));
      load(1, isa.at(term));
      quads.plus(0, 0, 1);
      store(isa.at(sum), 0);
    }
  });
}
