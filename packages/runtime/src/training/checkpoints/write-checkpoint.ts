import { reasonOf } from '@gradloom/core/internal';
import type { Pool } from '../../engine/threads/pool.ts';
import type { RunSetup } from '../../engine/threads/protocol.ts';
import { runOnTeam } from '../../engine/threads/span.ts';
import { inThread } from '../../system/files/folder-lock.ts';
import { type CheckpointEntry, type CheckpointTask, keepCheckpoint, type Written } from './checkpoint-folder.ts';

/**
 * Lets a thread of the pool write a checkpoint from the memory of the run, so that this thread stays responsive. If no
 * thread can, because they failed too often or the pool is gone, this one writes it and calls `tell` with the reason.
 */
export async function writeCheckpoint(
  pool: Pool,
  setup: RunSetup,
  entry: CheckpointEntry,
  tell: (reason: string) => void,
): Promise<Written> {
  try {
    const onThread = () =>
      runOnTeam(pool, setup, 1, (place): CheckpointTask => ({ kind: 'checkpoint', ...place, entry }));
    const [written] = await inThread(onThread);
    return written;
  } catch (error) {
    const written = keepCheckpoint(setup.spec, entry, true);
    // Last, since the listener may throw.
    tell(reasonOf(error));
    return written;
  }
}
