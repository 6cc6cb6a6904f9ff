import { defineArguments } from '../isa/arguments.ts';
import type { Isa } from '../isa/isa.ts';

const copyArguments = defineArguments(['to', 'array'], ['from', 'array']);

/** The double at `to` = the double at `from`. */
export const assembleCopyNumber = (isa: Isa): number =>
  isa.kernel(copyArguments, (call) => {
    isa.doubles.load(0, isa.at(isa.load(call.from)));
    isa.doubles.store(isa.at(isa.load(call.to)), 0);
  });
