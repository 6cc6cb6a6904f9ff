import { leafRows, type NodePass, planTeam } from '@gradloom/core/internal';
import type { Backend } from '../packages/runtime/src/engine/backends/backend.ts';
import { teamOptions } from '../packages/runtime/src/engine/step/team-part.ts';

/** Rows of a pass at most, as in a run of the default options. */
const ROWS_AT_ONCE = 256;

/** What each thread of a team takes of a batch at a time, as a training step does. */
export function passesOf({ name }: Backend, batch: number, threads: number): readonly (readonly NodePass[])[] {
  const leaf = leafRows(batch);
  const shape = { backend: name, batch, lastBatch: batch, leaf, rowsAtOnce: ROWS_AT_ONCE, couples: false };
  return planTeam(teamOptions(shape, batch, threads, false)).passes;
}
