import { reasonOf } from '@gradloom/core/internal';
import { inThread } from '../files/folder-lock.ts';
import type { Pool } from '../threads/pool.ts';
import type { RunSetup } from '../threads/protocol.ts';
import { runOnTeam } from '../threads/span.ts';
import { type CheckpointEntry, keepCheckpoint, type Written } from './checkpoint-folder.ts';

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
    const onThread = () => runOnTeam(pool, setup, 1, (place) => ({ kind: 'checkpoint', ...place, entry }));
    const [written] = await inThread(onThread);
    return written;
  } catch (error) {
    const written = keepCheckpoint(setup.spec, entry, true);
    // Last, since the listener may throw.
    tell(reasonOf(error));
    return written;
  }
}
