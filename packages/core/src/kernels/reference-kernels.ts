import { gatherBytes } from './gather-bytes.ts';
import type { Kernels } from './kernels.ts';

/** Runs every operation by its plain code. */
export const referenceKernels: Kernels = { name: 'reference', bind: () => null, blocks: null, gatherBytes };
