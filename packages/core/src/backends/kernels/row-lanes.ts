import { defineArguments } from '../isa/arguments.ts';
import type { Address, Isa, Vector } from '../isa/isa.ts';

/** Rows that are summed together: one sum alone would wait for each of its additions. */
export const LANES = 4;

export const rowLanesArguments = defineArguments(
  ['results', 'array'], // one for each row, out
  ['x', 'array'],
  ['start', 'array'], // [4, 4] start values of the lanes of each block
  ['lanes', 'array'], // [4, 4] final values of the last block's lanes, out
  ['mask', 'array'], // of the numbers after the last whole quad
  ['row', 'stride'], // distance of rows
  ['block', 'stride'], // distance of blocks of four rows
  ['blocks', 'count'], // at least 1
  ['quads', 'count'], // whole quads of a row
  ['rest', 'count'], // numbers after them
  ['divisor', 'number'], // of each sum
);

/**
 * The sum of each row, divided by the divisor: number o is added to lane o mod 4, o ascending, and the lanes are joined
 * (l0 + l1) + (l2 + l3). Or the row's maximum, where a zero may have another sign than in plain code, which joins lanes
 * in another order.
 */
export function assembleRowLanes(isa: Isa, reduction: 'sum' | 'maximum'): number {
  const unit = isa.quads;
  const size = LANES * unit.bytes;
  const rowIndices = [0, 1, 2, 3];
  const free = LANES;
  const divisor = 2 * LANES; // a register after those of `transpose`
  const join = (x: Vector, y: Vector): void => (reduction === 'sum' ? unit.add(x, x, y) : unit.greater(x, y, x));

  return isa.kernel(rowLanesArguments, (call) => {
    isa.scope(() => unit.loadMask(isa.at(isa.load(call.mask))));
    const rows = isa.rows(call.row, LANES);
    const x = isa.load(call.x);
    const results = isa.load(call.results);
    const start = isa.load(call.start);
    const lanes = isa.load(call.lanes);
    const quads = isa.spill(call.quads);
    const rest = isa.spill(call.rest);
    const block = isa.spill(call.block);
    if (reduction === 'sum') unit.loadNumber(divisor, isa.numberAt(call.divisor));

    isa.repeat(isa.load(call.blocks), () => {
      rows.start(x);
      for (const m of rowIndices) unit.load(m, isa.at(start, m * size));
      isa.repeatOrSkip(quads, () => {
        for (const m of rowIndices) {
          if (reduction === 'sum') unit.add(m, m, rows.at(m));
          else joinWith(m, unit.load);
        }
        rows.skip(size);
      });
      if (reduction === 'sum') {
        isa.unlessZero(rest, () => {
          for (const m of rowIndices) joinWith(m, unit.loadMasked);
        });
      } else {
        isa.repeatOrSkip(rest, () => {
          for (const m of rowIndices) joinWith(m, unit.loadElement);
          rows.skip(unit.bytes);
        });
      }
      for (const m of rowIndices) unit.store(isa.at(lanes, m * size), m);
      const first = unit.transpose(0, LANES);
      join(first, first + 1);
      join(first + 2, first + 3);
      join(first, first + 2);
      if (reduction === 'sum') unit.divide(first, first, divisor);
      unit.store(isa.at(results), first);
      isa.skip(results, size);
      isa.advance(x, block);
    });

    function joinWith(m: number, load: (to: Vector, from: Address) => void): void {
      load(free, rows.at(m));
      join(m, free);
    }
  });
}
