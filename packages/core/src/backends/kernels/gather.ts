import { defineArguments } from '../isa/arguments.ts';
import type { Isa, Pointer } from '../isa/isa.ts';

export const gatherArguments = defineArguments(
  ['out', 'array'],
  ['starts', 'array'], // [rows + 1] words: where each row begins in the data; the last is only prefetched
  ['divisor', 'number'],
  ['rows', 'count'], // at least 1
  ['rest', 'stride'], // bytes at the start of a row that do not fill a vector
  ['restStep', 'stride'], // bytes that they take in `out`, as elements
  ['vectors', 'count'], // whole vectors of a row, at least 1
);

// Prefetch distance in `out`, in bytes.
const PREFETCH_BYTES = 2048;

/** out = rows of bytes of `Isa.data`, each divided by the divisor. Prefetches the next: shuffled rows lie anywhere. */
export function assembleGather(isa: Isa): number {
  const unit = isa.formulas;
  const [value, divisors] = [0, 1];
  return isa.kernel(gatherArguments, (call) => {
    const out = isa.load(call.out);
    const starts = isa.load(call.starts);
    unit.loadNumber(divisors, isa.numberAt(call.divisor));
    const data = isa.data();
    const rest = isa.load(call.rest);
    const restStep = isa.load(call.restStep);
    isa.repeat(call.rows, () => {
      const from = isa.load(isa.offsetBy(data, isa.at(starts)));
      const nextRow = isa.load(isa.offsetBy(data, isa.at(starts, 4)));
      isa.skip(starts, 4);
      isa.unlessZero(rest, () => {
        convertVector(from); // a whole vector; the bytes after `rest` are converted again
        isa.advance(from, rest);
        isa.advance(out, restStep);
      });
      isa.repeat(call.vectors, () => {
        isa.prefetch(isa.at(nextRow));
        isa.prefetchToWrite(isa.at(out, PREFETCH_BYTES));
        convertVector(from);
        for (const pointer of [from, nextRow]) isa.skip(pointer, unit.width);
        isa.skip(out, unit.bytes * unit.width);
      });
    });

    function convertVector(from: Pointer): void {
      unit.loadBytes(value, isa.at(from));
      unit.divide(value, value, divisors);
      unit.store(isa.at(out), value);
    }
  });
}

export const locateArguments = defineArguments(['distance', 'answer']);

/** Answers with the distance in bytes from the start of the memory to the data, which may be negative. */
export function assembleLocate(isa: Isa): number {
  return isa.kernel(locateArguments, (call) => {
    isa.writeAnswer(call.distance, isa.distance(isa.memory(), isa.data()));
  });
}
