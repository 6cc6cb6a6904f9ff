import { defaultLeafRows, type NodePass, planTeam } from '@gradloom/core/internal';
import type { Backend } from '../packages/runtime/src/engine/backends/backend.ts';
import { teamOptions } from '../packages/runtime/src/engine/step/team-part.ts';

/** Most rows of a pass, as in a run with default options. */
const ROWS_AT_ONCE = 256;

/** The rows of each pass of each thread of a team, as in a training step. */
export function passesOf({ name }: Backend, batch: number, threads: number): readonly (readonly NodePass[])[] {
  const leaf = defaultLeafRows(batch);
  const shape = { backend: name, batch, lastBatch: batch, leafRows: leaf, rowsAtOnce: ROWS_AT_ONCE, couples: false };
  return planTeam(teamOptions(shape, batch, threads, false)).passes;
}
