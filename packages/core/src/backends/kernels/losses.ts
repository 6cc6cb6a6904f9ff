import type { Isa } from '../isa/isa.ts';
import { assembleLeafSums } from './leaf-sums.ts';
import { assembleRowLanes } from './row-lanes.ts';
import { assembleSpread } from './spread.ts';
import { assembleTargets } from './targets.ts';

/** The kernels of losses, besides their formulas. */
export const lossKernels = {
  rowSums: (isa) => assembleRowLanes(isa, 'sum'),
  rowMaxima: (isa) => assembleRowLanes(isa, 'greatest'),
  readTargets: (isa) => assembleTargets(isa, 'read'),
  writeTargets: (isa) => assembleTargets(isa, 'write'),
  spread: (isa) => assembleSpread(isa, 'elements'),
  spreadDoubles: (isa) => assembleSpread(isa, 'doubles'),
  leafSums: (isa) => assembleLeafSums(isa, false),
  weighedSums: (isa) => assembleLeafSums(isa, true),
} satisfies Record<string, (isa: Isa) => number>;

export type LossKernel = keyof typeof lossKernels;
