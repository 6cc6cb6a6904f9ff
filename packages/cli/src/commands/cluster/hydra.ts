import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSocket } from '@gradloom/runtime/internal';
import type { Io } from '../../terminal/io.ts';

/** Time for Hydra to read a rank's last words. It drops what it has not read when it ends all ranks. */
const READ_MS = 500;

/** The rank that this process is under Hydra, the launcher of MPICH. */
export interface HydraRank {
  readonly rank: string;
  readonly ranks: string;
  readonly socket: number | null; // tells Hydra that the process has ended; null: -pmi-port was given
}

/** Null if this process is not a rank of Hydra, such as a process that a rank has started. */
export function hydraRank({ PMI_RANK, PMI_SIZE, PMI_FD, MPI_LOCALRANKID }: Io['env']): HydraRank | null {
  if ([PMI_RANK, PMI_SIZE, MPI_LOCALRANKID].includes(undefined)) return null;
  const socket = PMI_FD === undefined ? null : Number(PMI_FD);
  if (socket !== null && !isSocket(socket)) return null;
  return { rank: `${PMI_RANK}`, ranks: `${PMI_SIZE}`, socket };
}

/** Waits until Hydra has read the output of this rank; returns at once outside of Hydra. */
export async function readByHydra(env: Io['env']): Promise<void> {
  if (hydraRank(env) !== null) await sleep(READ_MS);
}

/**
 * If this is a rank of Hydra, has Hydra end all ranks with this exit code. Other launchers end all ranks when one ends.
 * Hydra ignores a rank that ends before MPI has begun, and the others would wait for it forever.
 */
export async function endUnderHydra(env: Io['env'], exitCode: number): Promise<void> {
  const socket = hydraRank(env)?.socket ?? null;
  if (socket === null) return;
  await readByHydra(env);
  try {
    writeSync(socket, `cmd=abort exitcode=${exitCode}\n`);
  } catch {
    // Hydra has gone.
  }
}
