import { defineArguments } from '../isa/arguments.ts';
import type { Address, Isa, Vector } from '../isa/isa.ts';

export const transposeArguments = defineArguments(
  ['panel', 'array'],
  ['source', 'array'],
  ['mask', 'array'], // of the columns after the last whole block
  ['panelStep', 'stride'],
  ['sourceStep', 'stride'],
  ['blocks', 'count'], // blocks of as many columns as a vector has lanes
  ['rest', 'count'], // columns after them
);

/**
 * panel[k,m] = source[m,k] for all columns k and `M` rows, at most as many as a vector has lanes. Overwrites whole
 * vectors of `panel`, and whole blocks: elements after the last row or column are undefined.
 */
export function assembleTranspose(isa: Isa, M: number): number {
  const { vectors } = isa;
  const { bytes, width } = vectors;
  return isa.kernel(transposeArguments, (call) => {
    const rows = isa.rows(call.sourceStep, M);
    rows.start(call.source);
    const panel = isa.load(call.panel);
    const panelStep = isa.load(call.panelStep);
    isa.times(call.blocks, () => {
      transposeBlock(vectors.load);
      rows.skip(bytes * width);
    });
    isa.unlessZero(call.rest, () => {
      isa.scope(() => vectors.loadMask(isa.at(isa.load(call.mask))));
      transposeBlock(vectors.loadMasked);
    });

    function transposeBlock(load: (to: Vector, from: Address) => void): void {
      for (let m = 0; m < M; m++) load(m, rows.at(m));
      const first = vectors.transpose(0, width);
      for (let k = 0; k < width; k++) {
        vectors.store(isa.at(panel), first + k);
        isa.advance(panel, panelStep);
      }
    }
  });
}
