import { type Assembler, at, r8, r9, r10, r11, r12, rax } from '../isa/x64/assembler.ts';
import { argument, loadArray, loadScratch } from '../isa/x64/calls.ts';
import type { VectorUnit } from '../isa/x64/vector-unit.ts';

/** Arguments of a pack's call, by place; strides in bytes. */
export const packArguments = {
  panel: 2,
  source: 4,
  mask: 6, // of the last vector
  panelStep: 8,
  sourceStep: 9,
  K: 10, // at least 1
};

/** panel[k] = the first lanes of row k of `source`, zeros behind them, `vectors` vectors a row. Overwrites `panel`. */
export function assemblePack(assembler: Assembler, unit: VectorUnit, vectors: number): void {
  const { panel, panelStep, source, sourceStep, K, mask } = packArguments;
  const size = 8 * unit.width;
  loadScratch(assembler, rax, mask);
  unit.loadMask(at(rax));
  loadArray(assembler, r8, panel);
  assembler.loadWord(r9, argument(panelStep));
  loadArray(assembler, r10, source);
  assembler.loadWord(r11, argument(sourceStep));
  assembler.loadWord(r12, argument(K));
  const nextRow = assembler.position;
  for (let v = 0; v < vectors; v++) {
    if (v === vectors - 1) unit.loadMasked(v, at(r10, v * size));
    else unit.load(v, at(r10, v * size));
    unit.store(at(r8, v * size), v);
    // Of the next panel's: rows may be pages apart, and a half of W lies in another core's cache.
    assembler.prefetch(at(r10, (vectors + v) * size));
  }
  assembler.add(r8, r9);
  assembler.add(r10, r11);
  assembler.decrement(r12);
  assembler.jumpUnlessZero(nextRow);
  assembler.ret();
}
