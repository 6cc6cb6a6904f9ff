import { defineArguments } from '../isa/arguments.ts';
import { eachLine, type Isa } from '../isa/isa.ts';

export const packArguments = defineArguments(
  ['panel', 'array'],
  ['source', 'array'],
  ['mask', 'array'], // lanes of a panel's last vector
  ['panelStep', 'stride'], // distance of rows
  ['sourceStep', 'stride'],
  ['nextPanel', 'stride'], // distance of panels
  ['nextSource', 'stride'],
  ['K', 'count'], // rows, at least 1
  ['count', 'count'], // panels, at least 1
);

/** Rows to prefetch ahead. */
const PREFETCHED_ROWS = 2;

/**
 * panel[k] = the first columns of row k of `source`, in `vectors` vectors, padded with zeros; the columns after them go
 * to the next panel, and so on. Overwrites `panel`. Copies row by row: elements of a column may be pages apart and
 * share one set of the first-level cache.
 */
export function assemblePack(isa: Isa, vectors: number): number {
  const unit = isa.vectors;
  const size = unit.bytes * unit.width;
  return isa.kernel(packArguments, (call) => {
    isa.scope(() => unit.loadMask(isa.at(isa.load(call.mask))));
    const panel = isa.load(call.panel);
    const source = isa.load(call.source);
    const panelStep = isa.load(call.panelStep);
    const sourceStep = isa.load(call.sourceStep);
    const nextPanel = isa.load(call.nextPanel);
    const nextSource = isa.load(call.nextSource);
    const count = isa.spill(call.count);
    isa.repeat(call.K, () => {
      const to = isa.pointTo(isa.at(panel));
      const from = isa.pointTo(isa.at(source));
      const prefetched = isa.pointTo(isa.at(source)); // prefetched: another core may have written these rows of W
      for (let k = 0; k < PREFETCHED_ROWS; k++) isa.advance(prefetched, sourceStep);
      const left = isa.load(count); // in a register, as `repeat` would count down the slot itself
      isa.repeat(left, () => {
        for (let v = 0; v < vectors; v++) {
          if (v === vectors - 1) unit.loadMasked(v, isa.at(from, v * size));
          else unit.load(v, isa.at(from, v * size));
        }
        for (let v = 0; v < vectors; v++) unit.store(isa.at(to, v * size), v);
        eachLine(vectors * size, (offset) => isa.prefetch(isa.at(prefetched, offset)));
        isa.advance(to, nextPanel);
        for (const pointer of [from, prefetched]) isa.advance(pointer, nextSource);
      });
      isa.advance(panel, panelStep);
      isa.advance(source, sourceStep);
    });
  });
}
