import { defineArguments } from '../isa/arguments.ts';
import type { Isa } from '../isa/isa.ts';
import { assembleRowLanes, LANES } from './row-lanes.ts';

export const targetsArguments = defineArguments(
  ['values', 'array'], // one for each row
  ['x', 'array'],
  ['targets', 'array'], // index of a number of the row, as an element
  ['row', 'stride'], // distance of rows
  ['count', 'count'], // rows, at least 1
);

/** read: values[n] = x[n, targets[n]]; write: x[n, targets[n]] = values[n]. */
function assembleTargets(isa: Isa, access: 'read' | 'write'): number {
  const { bytes } = isa.formulas;
  return isa.kernel(targetsArguments, (call) => {
    const [values, x, targets] = [isa.load(call.values), isa.load(call.x), isa.load(call.targets)];
    const row = isa.load(call.row);
    isa.repeat(isa.load(call.count), () => {
      const inRow = isa.element(x, isa.index(isa.at(targets)));
      const [from, to] = access === 'read' ? [inRow, isa.at(values)] : [isa.at(values), inRow];
      isa.storeBits(to, isa.loadBits(from));
      for (const pointer of [values, targets]) isa.skip(pointer, bytes);
      isa.advance(x, row);
    });
  });
}

export const spreadArguments = defineArguments(
  ['to', 'array'],
  ['values', 'array'],
  ['row', 'stride'], // distance of rows of `to`
  ['count', 'count'], // rows, at least 1
  ['quads', 'count'], // vectors of four that hold a row, at least 1
);

/**
 * to[n,o] = values[n] for all o. So what follows computes with whole vectors, however few numbers a row has. Overwrites
 * whole quads: up to three numbers after the last row.
 */
function assembleSpread(isa: Isa, values: 'elements' | 'doubles'): number {
  const unit = isa.quads;
  return isa.kernel(spreadArguments, (call) => {
    const [to, from] = [isa.load(call.to), isa.load(call.values)];
    const row = isa.load(call.row);
    const quads = isa.spill(call.quads);
    isa.repeat(isa.load(call.count), () => {
      if (values === 'elements') unit.loadElement(0, isa.at(from));
      else unit.loadNumber(0, isa.at(from));
      const pointer = isa.pointTo(isa.at(to));
      isa.repeatOrSkip(quads, () => {
        unit.store(isa.at(pointer), 0);
        isa.skip(pointer, LANES * unit.bytes);
      });
      isa.skip(from, values === 'elements' ? unit.bytes : 8);
      isa.advance(to, row);
    });
  });
}

export const leafSumsArguments = defineArguments(
  ['sums', 'array'], // [leaves] doubles, out
  ['losses', 'array'], // of the rows: elements, or doubles if they are weighted
  ['weights', 'array'], // of the rows, doubles
  ['start', 'array'], // one double, to which each sum is added
  ['leaves', 'count'], // at least 1
  ['blocks', 'count'], // of `LEAF_BLOCK` rows in a leaf
  ['rest', 'count'], // rows after them
);

/** Rows that are added without a jump, so that the processor begins other leaves while it waits for a sum. */
export const LEAF_BLOCK = 8;

/** sums = Σ losses[n], or Σ weights[n] · losses[n], over the rows of each leaf, ascending, in doubles. */
function assembleLeafSums(isa: Isa, hasWeights: boolean): number {
  const { doubles } = isa;
  const bytes = hasWeights ? 8 : isa.formulas.bytes;
  const [sum, free] = [0, 1];
  return isa.kernel(leafSumsArguments, (call) => {
    const [sums, losses, weights] = [isa.load(call.sums), isa.load(call.losses), isa.load(call.weights)];
    const start = isa.load(call.start);
    const blocks = isa.spill(call.blocks);
    const rest = isa.spill(call.rest);

    const addLosses = (rows: number): void => {
      for (let n = 0; n < rows; n++) {
        if (hasWeights) doubles.addProduct(sum, isa.at(weights, 8 * n), isa.at(losses, 8 * n), free);
        else doubles.addElement(sum, isa.at(losses, bytes * n), free);
      }
      isa.skip(losses, bytes * rows);
      if (hasWeights) isa.skip(weights, 8 * rows);
    };

    isa.repeat(isa.load(call.leaves), () => {
      doubles.load(sum, isa.at(start));
      isa.repeatOrSkip(blocks, () => addLosses(LEAF_BLOCK));
      isa.repeatOrSkip(rest, () => addLosses(1));
      doubles.store(isa.at(sums), sum);
      isa.skip(sums, 8);
    });
  });
}

/** The kernels of losses, besides their formulas. */
export const lossKernels = {
  rowSums: (isa) => assembleRowLanes(isa, 'sum'),
  rowMaxima: (isa) => assembleRowLanes(isa, 'maximum'),
  readTargets: (isa) => assembleTargets(isa, 'read'),
  writeTargets: (isa) => assembleTargets(isa, 'write'),
  spread: (isa) => assembleSpread(isa, 'elements'),
  spreadDoubles: (isa) => assembleSpread(isa, 'doubles'),
  leafSums: (isa) => assembleLeafSums(isa, false /* hasWeights */),
  weighedSums: (isa) => assembleLeafSums(isa, true /* hasWeights */),
} satisfies Record<string, (isa: Isa) => number>;

export type LossKernel = keyof typeof lossKernels;
