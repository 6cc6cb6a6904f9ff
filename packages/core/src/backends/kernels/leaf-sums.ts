import { defineArguments } from '../isa/arguments.ts';
import type { Isa } from '../isa/isa.ts';

export const leafSumsArguments = defineArguments(
  ['sums', 'array'], // [leaves] doubles, out
  ['losses', 'array'], // of the rows: elements, or doubles if they are weighed
  ['weights', 'array'], // doubles
  ['start', 'array'], // a double, where each sum begins
  ['leaves', 'count'], // at least 1
  ['blocks', 'count'], // blocks of `BLOCK` rows in a leaf
  ['rest', 'count'], // rows after them
);

/** Rows that are added without a jump, so that the processor begins other leaves while it waits for a sum. */
export const LEAF_BLOCK = 8;

/** sums = Σ losses[n], or Σ weights[n] · losses[n], over the rows of each leaf, ascending, in doubles. */
export function assembleLeafSums(isa: Isa, areWeighed: boolean): number {
  const { doubles } = isa;
  const bytes = areWeighed ? 8 : isa.formulas.bytes;
  const [sum, free] = [0, 1];
  return isa.kernel(leafSumsArguments, (call) => {
    const [sums, losses, weights] = [isa.load(call.sums), isa.load(call.losses), isa.load(call.weights)];
    const start = isa.load(call.start);
    const blocks = isa.spill(call.blocks);
    const rest = isa.spill(call.rest);

    const addRows = (rows: number): void => {
      for (let n = 0; n < rows; n++) {
        if (areWeighed) doubles.addProduct(sum, isa.at(weights, 8 * n), isa.at(losses, 8 * n), free);
        else doubles.addElement(sum, isa.at(losses, bytes * n), free);
      }
      isa.skip(losses, bytes * rows);
      if (areWeighed) isa.skip(weights, 8 * rows);
    };

    isa.repeat(isa.load(call.leaves), () => {
      doubles.load(sum, isa.at(start));
      isa.repeatOrSkip(blocks, () => addRows(LEAF_BLOCK));
      isa.repeatOrSkip(rest, () => addRows(1));
      doubles.store(isa.at(sums), sum);
      isa.skip(sums, 8);
    });
  });
}
