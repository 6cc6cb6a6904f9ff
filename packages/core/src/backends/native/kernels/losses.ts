import { lossFormulas } from '../formulas/losses.ts';
import type { Isa } from '../isa/isa.ts';
import { assembleElementwise, type FormulaKernel } from './elementwise.ts';
import { assembleLeafSums } from './leaf-sums.ts';
import { assembleRowLanes } from './row-lanes.ts';
import { assembleSpread } from './spread.ts';
import { assembleTargets } from './targets.ts';

/** Offsets of the kernels of losses. */
export interface LossLayout {
  readonly formulas: Readonly<Record<string, FormulaKernel>>; // by their names in `lossFormulas`
  readonly rowSums: number;
  readonly rowMaxima: number;
  readonly readTargets: number;
  readonly writeTargets: number;
  readonly spread: number;
  readonly spreadDoubles: number;
  readonly leafSums: number;
  readonly weighedSums: number;
}

export function assembleLosses(isa: Isa): LossLayout {
  const formulas = Object.entries(lossFormulas).map(([name, own]) => [name, assembleElementwise(isa, own)]);
  return {
    formulas: Object.fromEntries(formulas),
    rowSums: assembleRowLanes(isa, 'sum'),
    rowMaxima: assembleRowLanes(isa, 'greatest'),
    readTargets: assembleTargets(isa, 'read'),
    writeTargets: assembleTargets(isa, 'write'),
    spread: assembleSpread(isa, 'elements'),
    spreadDoubles: assembleSpread(isa, 'doubles'),
    leafSums: assembleLeafSums(isa, false),
    weighedSums: assembleLeafSums(isa, true),
  };
}
