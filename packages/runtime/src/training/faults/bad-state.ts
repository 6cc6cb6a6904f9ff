import type { Elements, Network, Optimizer, Pausable } from '@gradloom/core';
import { findNotFinite, nameOfLayer, show, stateLength } from '@gradloom/core/internal';
import type { Range } from '../../engine/memory/arena.ts';

/** A number that is not finite. */
export interface BadNumber {
  // The rank with the lowest position reports its finding: by slot, then by index. A bad weight has position 0.
  readonly position: number;
  readonly description: string; // such as 'v of adam for W of dense(2->3) at layer 0 has Infinity'
}

/** The optimizer's state: all of it, or this rank's part. */
interface OwnedState {
  readonly state: readonly Elements[]; // [slots][`ownedRanges`, or stateLength]; a moving average has [P]
  readonly ownedRanges: readonly Range[];
}

/** The first number of an optimizer's state that is not finite; undefined if all are. */
export function* findBadState(
  { parameterCount, gradientRanges, allLayers }: Network,
  { name, slots }: Optimizer,
  { state, ownedRanges }: OwnedState,
): Pausable<BadNumber | undefined> {
  for (const [slot, numbers] of state.entries()) {
    const badIndex = yield* findNotFinite(numbers);
    if (badIndex === undefined) continue;
    const isAverage = numbers.length === parameterCount;
    const isWhole = isAverage || numbers.length === stateLength(gradientRanges);
    const index = isWhole ? badIndex : indexIn(ownedRanges, badIndex);
    for (const networkLayer of allLayers) {
      const tensor = networkLayer.tensors.find(({ offset, gradientOffset, length }) => {
        const first = isAverage ? offset : gradientOffset;
        return first !== null && first <= index && index < first + length;
      });
      if (tensor === undefined) continue;
      const tensorName = `${tensor.name} of ${nameOfLayer(networkLayer)}`;
      const description = `${slots[slot]} of ${name} for ${tensorName} has ${show(numbers[badIndex])}`;
      return { position: 1 + slot * parameterCount + index, description };
    }
  }
  return undefined;
}

/** The index in the whole state of a number in these ranges of it. */
function indexIn(ranges: readonly Range[], index: number): number {
  let indexInRange = index;
  for (const { offset, length } of ranges) {
    if (indexInRange < length) return offset + indexInRange;
    indexInRange -= length;
  }
  throw new RangeError(`indexIn: index has ${index}, expected one of the state`);
}
