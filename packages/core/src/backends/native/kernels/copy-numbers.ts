import { defineArguments } from '../isa/arguments.ts';
import type { Isa } from '../isa/isa.ts';

const copyArguments = defineArguments(['to', 'array'], ['from', 'array'], ['count', 'count']);

/** Copies `count` doubles, at least one. */
export const assembleCopyNumbers = (isa: Isa): number =>
  isa.kernel(copyArguments, (call) => {
    const to = isa.load(call.to);
    const from = isa.load(call.from);
    isa.repeat(isa.load(call.count), () => {
      isa.doubles.load(0, isa.at(from));
      isa.doubles.store(isa.at(to), 0);
      for (const pointer of [from, to]) isa.skip(pointer, 8);
    });
  });
