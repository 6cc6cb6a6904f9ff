import type { Elements, Network, Optimizer, Pausable } from '@gradloom/core';
import { findNotFinite, nameOfLayer, show } from '@gradloom/core/internal';
import type { Range } from '../../engine/memory/arena.ts';

/** A number that is not finite. */
export interface BadNumber {
  // The rank with the lowest position reports its finding: by slot, then by parameter. A bad weight has position 0.
  readonly position: number;
  readonly description: string; // such as 'v of adam for W of dense(2->3) at layer 0 has Infinity'
}

/** The optimizer's state: that of all parameters, or of those that this rank updates. */
interface OwnedState {
  readonly state: readonly Elements[]; // [slots][parameters of `ownedRanges`, or P]
  readonly ownedRanges: readonly Range[];
}

/** The first number of an optimizer's state that is not finite; undefined if all are. */
export function* findBadState(
  { parameterCount, allLayers }: Network,
  { name, slots }: Optimizer,
  { state, ownedRanges }: OwnedState,
): Pausable<BadNumber | undefined> {
  for (const [slot, numbers] of state.entries()) {
    const badIndex = yield* findNotFinite(numbers);
    if (badIndex === undefined) continue;
    const parameter = numbers.length === parameterCount ? badIndex : parameterAt(ownedRanges, badIndex);
    for (const networkLayer of allLayers) {
      const tensor = networkLayer.tensors.find(
        ({ offset, length }) => offset <= parameter && parameter < offset + length,
      );
      if (tensor === undefined) continue;
      const tensorName = `${tensor.name} of ${nameOfLayer(networkLayer)}`;
      const description = `${slots[slot]} of ${name} for ${tensorName} has ${show(numbers[badIndex])}`;
      return { position: 1 + slot * parameterCount + parameter, description };
    }
  }
  return undefined;
}

function parameterAt(ranges: readonly Range[], index: number): number {
  let indexInRange = index;
  for (const { offset, length } of ranges) {
    if (indexInRange < length) return offset + indexInRange;
    indexInRange -= length;
  }
  throw new RangeError(`parameterAt: index has ${index}, expected one of the state`);
}
