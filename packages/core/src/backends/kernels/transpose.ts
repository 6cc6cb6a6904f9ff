import { defineArguments } from '../isa/arguments.ts';
import type { Address, Isa, Pointer, Vector } from '../isa/isa.ts';

export const transposeArguments = defineArguments(
  ['panel', 'array'],
  ['source', 'array'],
  ['mask', 'array'], // of the columns after the last whole block
  ['panelStep', 'stride'],
  ['sourceStep', 'stride'],
  ['blocks', 'count'], // blocks of as many columns as a vector has lanes
  ['rest', 'count'], // columns after them
  ['count', 'count'], // groups of `M` rows, at least 1
  ['nextSource', 'stride'], // from the first of `M` rows to that of the next
);

/**
 * panel[k,m] = source[m,k] for all columns k and `M` rows, at most as many as a vector has lanes, and for the `M` rows
 * after them in the next vector. Overwrites whole vectors of `panel`, and whole blocks: elements after the last row or
 * column are undefined.
 */
export function assembleTranspose(isa: Isa, M: number): number {
  const { vectors } = isa;
  const { bytes, width } = vectors;
  return isa.kernel(transposeArguments, (call) => {
    const rows = isa.rows(call.sourceStep, M);
    const source = isa.spill(call.source);
    const first = isa.spill(call.panel);
    const blocks = isa.spill(call.blocks);
    const rest = isa.spill(call.rest);
    const mask = isa.spill(call.mask);
    const nextSource = isa.spill(call.nextSource);
    const panelStep = isa.load(call.panelStep);
    isa.repeat(isa.spill(call.count), () => {
      rows.start(source);
      const panel = isa.load(first);
      isa.repeatOrSkip(blocks, () => {
        transposeBlock(panel, vectors.load);
        rows.skip(bytes * width);
      });
      isa.unlessZero(rest, () => {
        isa.scope(() => vectors.loadMask(isa.at(isa.load(mask))));
        transposeBlock(panel, vectors.loadMasked);
      });
      isa.advance(source, nextSource);
      isa.scope(() => {
        const next = isa.load(first);
        isa.skip(next, bytes * width);
        isa.store(first, next);
      });
    });

    function transposeBlock(panel: Pointer, load: (to: Vector, from: Address) => void): void {
      for (let m = 0; m < M; m++) load(m, rows.at(m));
      const result = vectors.transpose(0, width);
      for (let k = 0; k < width; k++) {
        vectors.store(isa.at(panel), result + k);
        isa.advance(panel, panelStep);
      }
    }
  });
}
