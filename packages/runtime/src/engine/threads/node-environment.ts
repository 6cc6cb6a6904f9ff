import { availableParallelism } from 'node:os';
import { openLink } from '../../cluster/mpi/link.ts';
import { gatherFileRows } from '../../data/file-rows.ts';
import { createBackendKernels } from '../backends/backend.ts';
import { partsOf } from '../modules/imported-parts.ts';
import type { ThreadEnvironment } from './thread-environment.ts';

export const nodeEnvironment: ThreadEnvironment = {
  cores: availableParallelism(),
  partsOf,
  kernelsOf: ({ backend, code, memory, outside, elementType }, scratch) =>
    createBackendKernels(backend, { code, memory, outside, elementType, scratch }),
  gatherFile: gatherFileRows,
  openLink,
};
