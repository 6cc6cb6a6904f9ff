import type { Kernels } from '../kernels.ts';
import { gatherBytes } from './gather-bytes.ts';

/** Runs every operation by its plain code. */
export const referenceKernels: Kernels = { name: 'reference', bind: () => null, blocks: null, gatherBytes };
