import { defineArguments } from '../isa/arguments.ts';
import type { Isa } from '../isa/isa.ts';

export const targetsArguments = defineArguments(
  ['values', 'array'], // one for each row
  ['x', 'array'],
  ['targets', 'array'], // index of a number of the row, as an element
  ['row', 'stride'], // distance of rows
  ['count', 'count'], // rows, at least 1
);

/** values[n] = x[n, targets[n]], or the other way round. */
export function assembleTargets(isa: Isa, what: 'read' | 'write'): number {
  const { bytes } = isa.formulas;
  return isa.kernel(targetsArguments, (call) => {
    const [values, x, targets] = [isa.load(call.values), isa.load(call.x), isa.load(call.targets)];
    const row = isa.load(call.row);
    isa.repeat(isa.load(call.count), () => {
      const inRow = isa.element(x, isa.index(isa.at(targets)));
      const [from, to] = what === 'read' ? [inRow, isa.at(values)] : [isa.at(values), inRow];
      isa.storeBits(to, isa.loadBits(from));
      for (const pointer of [values, targets]) isa.skip(pointer, bytes);
      isa.advance(x, row);
    });
  });
}
