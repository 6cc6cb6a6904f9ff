import { defineArguments } from '../isa/arguments.ts';
import type { Isa } from '../isa/isa.ts';
import { LANES } from './row-lanes.ts';

export const spreadArguments = defineArguments(
  ['to', 'array'],
  ['values', 'array'],
  ['row', 'stride'], // distance of rows of `to`
  ['count', 'count'], // rows, at least 1
  ['quads', 'count'], // that hold a row, at least 1
);

/**
 * to[n,o] = values[n] for all o. So what follows computes with whole vectors, however few numbers a row has. Overwrites
 * whole quads: up to three numbers after the last row.
 */
export function assembleSpread(isa: Isa, values: 'elements' | 'doubles'): number {
  const unit = isa.quads;
  return isa.kernel(spreadArguments, (call) => {
    const [to, from] = [isa.load(call.to), isa.load(call.values)];
    const row = isa.load(call.row);
    const quads = isa.spill(call.quads);
    isa.repeat(isa.load(call.count), () => {
      if (values === 'elements') unit.loadElement(0, isa.at(from));
      else unit.loadNumber(0, isa.at(from));
      const place = isa.pointTo(isa.at(to));
      isa.repeatOrSkip(quads, () => {
        unit.store(isa.at(place), 0);
        isa.skip(place, LANES * unit.bytes);
      });
      isa.skip(from, values === 'elements' ? unit.bytes : 8);
      isa.advance(to, row);
    });
  });
}
