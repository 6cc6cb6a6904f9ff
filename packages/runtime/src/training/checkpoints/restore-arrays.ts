import type { Arena } from '../../engine/memory/arena.ts';
import type { StateShares } from '../lockstep/state-shares.ts';
import type { RunArrays } from './checkpoint.ts';

type Saved = Pick<RunArrays, 'parameters' | 'state' | 'scalars' | 'scheduleState'>;

/** Overwrites the state of a run, or a copy of it, with the state in rank 0's checkpoint. */
export async function restoreArrays(
  { theta, state, scalars, scheduleState }: Pick<Arena, 'theta' | 'state' | 'scalars' | 'scheduleState'>,
  saved: Saved,
  shares: StateShares,
): Promise<void> {
  await shares.spread(theta, saved.parameters);
  for (const [slot, array] of state.entries()) await shares.deal(slot, array, saved.state[slot]);
  scalars.set(saved.scalars);
  scheduleState.set(saved.scheduleState);
}
