import { type Address, type Assembler, at, r8, r9, r11, rax, rbp, rbx, rcx, rdx } from '../isa/x64/assembler.ts';
import { argument, loadArray, loadScratch } from '../isa/x64/calls.ts';
import { ROWS } from '../isa/x64/rows.ts';
import type { Vector, VectorUnit } from '../isa/x64/vector-unit.ts';

/** Arguments of a transposition's call, by place; strides in bytes. */
export const transposeArguments = {
  panel: 2,
  source: 4,
  mask: 6, // of the columns behind whole blocks
  panelStep: 8,
  sourceStep: 9,
  blocks: 10, // of as many columns as a vector has lanes
  rest: 11, // columns behind them
};

/**
 * panel[k,m] = source[m,k] for `rows` rows, as many as a vector has lanes at most, and all columns k. Overwrites whole
 * vectors of `panel`, and of whole blocks: what stands behind the rows, and behind the columns, is of no use.
 */
export function assembleTranspose(assembler: Assembler, unit: VectorUnit, rows: number): void {
  const { panel, panelStep, source, sourceStep, blocks, rest, mask } = transposeArguments;
  loadArray(assembler, r8, panel);
  assembler.loadWord(r9, argument(panelStep));
  loadArray(assembler, rax, source);
  assembler.loadWord(rdx, argument(sourceStep));
  assembler.loadAddress(rbx, { base: rdx, index: rdx, scale: 2 });
  assembler.loadAddress(rbp, { base: rdx, index: rdx, scale: 4 });
  assembler.loadAddress(rcx, { base: rax, index: rbp });

  assembler.loadWord(r11, argument(blocks));
  assembler.unlessZero(r11, () => {
    const next = assembler.position;
    transposeBlock(unit.load);
    for (const pointer of [rax, rcx]) assembler.loadAddress(pointer, at(pointer, 8 * unit.width));
    assembler.decrement(r11);
    assembler.jumpUnlessZero(next);
  });
  assembler.loadWord(r11, argument(rest));
  assembler.unlessZero(r11, () => {
    loadScratch(assembler, r11, mask);
    unit.loadMask(at(r11));
    transposeBlock(unit.loadMasked);
  });
  assembler.ret();

  function transposeBlock(load: (to: Vector, from: Address) => void): void {
    for (let m = 0; m < rows; m++) load(m, ROWS[m]);
    const first = unit.transpose(0, unit.width);
    for (let k = 0; k < unit.width; k++) {
      unit.store(at(r8), first + k);
      assembler.add(r8, r9);
    }
  }
}
