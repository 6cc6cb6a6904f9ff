import { findNotFinite } from '@gradloom/core/internal';
import type { Arena } from '../../engine/memory/arena.ts';
import { inTurns } from '../../system/turns/in-turns.ts';

/** Whether all weights of a run are finite; only between spans. */
export const weightsAreFinite = async ({ theta }: Pick<Arena, 'theta'>): Promise<boolean> =>
  (await inTurns(findNotFinite(theta))) === undefined;
