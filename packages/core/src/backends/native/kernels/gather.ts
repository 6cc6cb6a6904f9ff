import { defineArguments } from '../isa/arguments.ts';
import type { Isa, Pointer } from '../isa/isa.ts';

export const gatherArguments = defineArguments(
  ['out', 'array'],
  ['starts', 'array'], // [rows + 1] words: where each row begins in the data; the last is only asked for ahead
  ['divisor', 'array'], // in each element of a vector
  ['rows', 'count'], // at least 1
  ['rest', 'stride'], // bytes of a row beside whole vectors of elements
  ['restStep', 'stride'], // as many elements
  ['vectors', 'count'], // of a row, at least 1
);

// Bytes of `out` that are asked for ahead.
const AHEAD = 2048;

/**
 * out = rows of bytes of the data, each byte over the divisor. A row is asked for while the one before it is read:
 * shuffled rows lie anywhere in memory.
 */
export function assembleGather(isa: Isa): number {
  const unit = isa.arithmetic;
  const [value, divisors] = [0, 1];
  return isa.kernel(gatherArguments, (call) => {
    const out = isa.load(call.out);
    const starts = isa.load(call.starts);
    isa.scope(() => unit.load(divisors, isa.at(isa.load(call.divisor))));
    const data = isa.data();
    const rest = isa.load(call.rest);
    const restStep = isa.load(call.restStep);
    isa.repeat(call.rows, () => {
      const from = isa.load(isa.offset(data, isa.at(starts)));
      const nextRow = isa.load(isa.offset(data, isa.at(starts, 4)));
      isa.skip(starts, 4);
      isa.unlessZero(rest, () => {
        convertVector(from); // of which the last are converted again
        isa.advance(from, rest);
        isa.advance(out, restStep);
      });
      isa.repeat(call.vectors, () => {
        isa.prefetch(isa.at(nextRow));
        isa.prefetchToWrite(isa.at(out, AHEAD));
        convertVector(from);
        for (const pointer of [from, nextRow]) isa.skip(pointer, unit.width);
        isa.skip(out, unit.bytes * unit.width);
      });
    });

    function convertVector(from: Pointer): void {
      unit.loadBytes(value, isa.at(from));
      unit.over(value, value, divisors);
      unit.store(isa.at(out), value);
    }
  });
}
