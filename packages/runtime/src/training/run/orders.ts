import { createRandom, type Pausable, type Random } from '@gradloom/core';
import { shuffleInTurns, viewOf } from '@gradloom/core/internal';
import type { Dataset } from '../../data/dataset.ts';

/** Maximum numbers in the slots of all epochs: 1 MiB, so that small datasets get many epochs into one span. */
const MAX_SLOT_NUMBERS = 262_144;

/** The order of each epoch's rows, or the starts of its windows, by seed and epoch. Slots hold those of some epochs. */
export interface Orders {
  readonly array: Uint32Array<SharedArrayBuffer>; // [slots, N]; epoch e lies in slot e mod slots
  /** Creates the orders of up to `count` epochs from `from`, between spans. Returns the first epoch after them. */
  prepare(from: number, count: number): Pausable<number>;
}

/** Epochs whose orders are held at once: two or more of several, since a span may reach into the next one. */
export const maxOrderSlots = (rows: number, epochs: number): number =>
  Math.max(1, Math.min(epochs, Math.max(2, Math.floor(MAX_SLOT_NUMBERS / rows))));

export function createOrders(
  seed: number,
  { rows, starts }: Pick<Dataset, 'rows' | 'starts'>,
  epochs: number,
  slots = maxOrderSlots(rows, epochs),
): Orders {
  const array = new Uint32Array(new SharedArrayBuffer(slots * rows * 4));
  const epochOfSlot = new Float64Array(slots).fill(Number.NaN); // epoch in each slot
  return {
    array,
    *prepare(from, count) {
      const end = Math.min(epochs, from + Math.min(slots, Math.max(1, count)));
      for (let epoch = from; epoch < end; epoch++) {
        const slot = epoch % slots;
        // After going back, the slot may hold another epoch or, after a resume, none.
        if (epochOfSlot[slot] === epoch) continue;
        const order = viewOf(array, slot * rows, rows);
        if (starts === undefined) {
          for (let n = 0; n < rows; n++) order[n] = n;
          yield* shuffleInTurns(order, createRandom(seed, 'shuffle', epoch));
        } else yield* drawInTurns(order, starts, createRandom(seed, 'starts', epoch));
        epochOfSlot[slot] = epoch;
      }
      return end;
    },
  };
}

/** Numbers drawn between two pauses: about a millisecond. */
const DRAWS_PER_TURN = 1 << 16;

/** Draws starts of windows below `startCount`, with replacement. Overwrites `order`. */
function* drawInTurns(order: Uint32Array, startCount: number, random: Random): Pausable<void> {
  for (let n = 0; n < order.length; n++) {
    if (n % DRAWS_PER_TURN === 0) yield;
    order[n] = random.integer(startCount);
  }
}

/** Whether batches depend on the order of rows. Windows of a text are drawn anew even for one batch per epoch. */
export const isShuffled = (batch: number, { rows, starts }: Pick<Dataset, 'rows' | 'starts'>): boolean =>
  batch < rows || starts !== undefined;
