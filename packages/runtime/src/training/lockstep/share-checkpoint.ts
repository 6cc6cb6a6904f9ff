import { createElements, typeOf } from '@gradloom/core/internal';
import type { Lockstep } from '../../cluster/lockstep.ts';
import type { Checkpoint, RunArrays } from '../checkpoints/checkpoint.ts';

/** What the ranks continue from: rank 0's checkpoint, on the others without the arrays that are dealt to them later. */
export async function shareCheckpoint(
  { isFirst, fromFirst, cluster }: Lockstep,
  checkpoint: Checkpoint | undefined,
): Promise<Checkpoint | undefined> {
  if (cluster === null) return checkpoint;
  const shared = await fromFirst(isFirst ? withoutArrays(checkpoint) : undefined);
  return isFirst ? checkpoint : shared;
}

/** What is no checkpoint is refused later, by rank 0. */
function withoutArrays(checkpoint: Checkpoint | undefined): Checkpoint | undefined {
  if (typeof checkpoint !== 'object' || checkpoint === null || !('arrays' in checkpoint)) return undefined;
  const { arrays, earlier, best } = checkpoint;
  return {
    ...checkpoint,
    arrays: emptied(arrays),
    ...(earlier === undefined ? {} : { earlier: emptied(earlier) }),
    ...(best === undefined ? {} : { best: createElements(typeOf(best), 0) }),
  };
}

const emptied = <T extends Pick<RunArrays, 'parameters' | 'state'>>(arrays: T): T => ({
  ...arrays,
  parameters: createElements(typeOf(arrays.parameters), 0),
  state: arrays.state.map((array) => createElements(typeOf(array), 0)),
});
