import { defineArguments } from '../isa/arguments.ts';
import type { Isa } from '../isa/isa.ts';

export const packArguments = defineArguments(
  ['panel', 'array'],
  ['source', 'array'],
  ['mask', 'array'], // of the last vector
  ['panelStep', 'stride'],
  ['sourceStep', 'stride'],
  ['K', 'count'], // at least 1
);

/** panel[k] = the first lanes of row k of `source`, zeros behind them, `count` vectors a row. Overwrites `panel`. */
export function assemblePack(isa: Isa, count: number): number {
  const { vectors } = isa;
  const size = vectors.bytes * vectors.width;
  return isa.kernel(packArguments, (call) => {
    isa.scope(() => vectors.loadMask(isa.at(isa.load(call.mask))));
    const panel = isa.load(call.panel);
    const source = isa.load(call.source);
    const panelStep = isa.load(call.panelStep);
    const sourceStep = isa.load(call.sourceStep);
    isa.repeat(call.K, () => {
      for (let v = 0; v < count; v++) {
        if (v === count - 1) vectors.loadMasked(v, isa.at(source, v * size));
        else vectors.load(v, isa.at(source, v * size));
        vectors.store(isa.at(panel, v * size), v);
        // Of the next panel's: rows may be pages apart, and a half of W lies in another core's cache.
        isa.prefetch(isa.at(source, (count + v) * size));
      }
      isa.advance(panel, panelStep);
      isa.advance(source, sourceStep);
    });
  });
}
