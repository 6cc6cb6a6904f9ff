import { availableParallelism } from 'node:os';
import { openLink } from '../../cluster/mpi/link.ts';
import { gatherFileRows } from '../../data/file-rows.ts';
import { createBackendKernels } from '../backends/backend.ts';
import { partsOf } from '../modules/imported-parts.ts';
import { specOf } from './shared-spec.ts';
import type { ThreadEnvironment } from './thread-environment.ts';

/** The environment of a Node thread. */
export const nodeEnvironment: ThreadEnvironment = {
  cores: availableParallelism(),
  specOf: ({ spec }) => specOf(spec),
  partsOf,
  kernelsOf: ({ backend, code, memory, outside, elementType }, scratch) =>
    createBackendKernels(backend, { code, memory, outside, elementType, scratch }),
  gatherFile: gatherFileRows,
  openLink,
};
