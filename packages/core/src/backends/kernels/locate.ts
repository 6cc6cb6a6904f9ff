import { defineArguments } from '../isa/arguments.ts';
import type { Isa } from '../isa/isa.ts';

export const locateArguments = defineArguments(['distance', 'answer']);

/** Answers with the distance in bytes from the start of the memory to the data, which may be negative. */
export function assembleLocate(isa: Isa): number {
  return isa.kernel(locateArguments, (call) => {
    isa.answer(call.distance, isa.distance(isa.memory(), isa.data()));
  });
}
