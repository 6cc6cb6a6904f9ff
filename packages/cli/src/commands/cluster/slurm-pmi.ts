import { spawnSync } from 'node:child_process';
import { findMpi } from '@gradloom/runtime/internal';
import type { Io } from '../../terminal/io.ts';

/**
 * The flag by which srun starts ranks of the MPI that they will find. None where Slurm has been told what is usual: by
 * a variable of the environment, or by its configuration.
 */
export function pmiOf(env: Io['env']): readonly string[] {
  if (env.SLURM_MPI_TYPE !== undefined) return [];
  const { stdout } = spawnSync('scontrol', ['show', 'config'], { encoding: 'utf8', env });
  const usual = /^MpiDefault\s*=\s*(\S+)/m.exec(stdout ?? '')?.[1];
  if (usual !== 'none' && usual !== '(null)') return [];
  const { library } = findMpi({ environment: env });
  return library === null ? [] : [`--mpi=${library.family.slurm}`];
}
