import { bitsOf } from '../formulas/formula.ts';
import { defineArguments } from '../isa/arguments.ts';
import type { Address, Isa, Pointer, Source, Vector } from '../isa/isa.ts';

// All arrays of these kernels hold doubles, for every element type.

const DOUBLE = 8;

export const loadHyperArguments = defineArguments(
  ['hyper', 'array'], // hyperparameters of the optimizer in this step, out
  ['hypers', 'array'], // [steps, numbers]
  ['next', 'array'], // [1] index of this step's row
  ['row', 'stride'], // distance of rows of `hypers`
  ['numbers', 'count'], // of a row, at least 1
);

/** hyper = row next[0] of `hypers`; adds 1 to next[0]. */
function assembleLoadHyper(isa: Isa): number {
  const { doubles, wide } = isa;
  return isa.kernel(loadHyperArguments, (call) => {
    const [hyper, hypers, next] = [isa.load(call.hyper), isa.load(call.hypers), isa.load(call.next)];
    wide.loadElement(0, isa.at(next));
    const row = isa.zero();
    doubles.readWhole(row, 0);
    isa.advance(hypers, isa.multiply(row, call.row));
    wide.add(0, 0, constant(isa, 1));
    doubles.store(isa.at(next), 0);
    isa.repeat(isa.load(call.numbers), () => {
      doubles.load(0, isa.at(hypers));
      doubles.store(isa.at(hyper), 0);
      for (const pointer of [hyper, hypers]) isa.skip(pointer, DOUBLE);
    });
  });
}

export const clipArguments = defineArguments(
  ['factor', 'array'], // [1] out
  ['squares', 'array'], // [blocks] sums of squares of the gradient
  ['blocks', 'count'],
  ['limit', 'number'], // of the norm
);

/** Keeps the factor finite: that of `clipScale`, which kernels do not import. */
const CLIP_EPSILON = 1e-6;

/** factor = limit / (√(Σ squares) + ε), at most 1, as `clipScale`. */
function assembleClip(isa: Isa): number {
  const { doubles, wide } = isa;
  const [norm, factor, one] = [0, 1, 2];
  return isa.kernel(clipArguments, (call) => {
    readNorm(isa, norm, isa.load(call.squares), call.blocks);
    wide.add(norm, norm, constant(isa, CLIP_EPSILON));
    wide.loadNumber(factor, isa.numberAt(call.limit));
    wide.divide(factor, factor, norm);
    wide.loadLiteral(one, constant(isa, 1));
    wide.lesser(factor, one, factor);
    doubles.store(isa.at(isa.load(call.factor)), factor);
  });
}

export const addPairsArguments = defineArguments(
  ['sums', 'array'],
  ['step', 'stride'], // distance of neighbours
  ['pairs', 'count'], // at least 1
);

/** Adds to the first of each pair of neighbours the second: a level of a tree. */
function assembleAddPairs(isa: Isa): number {
  const { doubles, wide } = isa;
  const [left, right] = [0, 1];
  return isa.kernel(addPairsArguments, (call) => {
    const sums = isa.load(call.sums);
    const step = isa.load(call.step);
    isa.repeat(isa.load(call.pairs), () => {
      wide.loadElement(left, isa.at(sums));
      wide.loadElement(right, isa.atStride(sums, step, 0));
      wide.add(left, left, right);
      doubles.store(isa.at(sums), left);
      for (let k = 0; k < 2; k++) isa.advance(sums, step);
    });
  });
}

export const recordStepArguments = defineArguments(
  ['stepResult', 'array'], // [k, stop], in and out
  ['losses', 'array'],
  ['norms', 'array'],
  ['lossSum', 'array'],
  ['rows', 'array'],
  ['squares', 'array'],
  ['blocks', 'count'],
);

/**
 * losses[k] = lossSum / rows, and norms[k] = √(Σ squares), where stepResult = [k, stop]. Adds 1 to k; sets `stop` to 0
 * if both are finite, else to 1.
 */
function assembleRecordStep(isa: Isa): number {
  const { doubles, wide } = isa;
  const [norm, loss, free, index, one] = [0, 1, 2, 3, 4];
  return isa.kernel(recordStepArguments, (call) => {
    readNorm(isa, norm, isa.load(call.squares), call.blocks);
    const stepResult = isa.load(call.stepResult);
    wide.loadElement(loss, isa.at(isa.load(call.lossSum)));
    wide.loadElement(free, isa.at(isa.load(call.rows)));
    wide.divide(loss, loss, free);
    wide.loadElement(index, isa.at(stepResult));
    const k = isa.zero();
    doubles.readWhole(k, index);
    doubles.store(isa.pair(isa.load(call.losses), k, 0), loss);
    doubles.store(isa.pair(isa.load(call.norms), k, 0), norm);
    wide.loadLiteral(one, constant(isa, 1));
    wide.add(index, index, one);
    doubles.store(isa.at(stepResult), index);
    // x - x is 0 if x is finite, else NaN.
    for (const x of [loss, norm]) wide.subtract(x, x, x);
    wide.add(loss, loss, norm);
    wide.lesser(loss, loss, one); // 0 stays, NaN becomes 1
    doubles.store(isa.at(stepResult, DOUBLE), loss);
  });
}

/** The kernels of steps outside of their passes. */
export const stepKernels = {
  loadHyper: assembleLoadHyper,
  clip: assembleClip,
  addPairs: assembleAddPairs,
  recordStep: assembleRecordStep,
};

export type StepKernel = keyof typeof stepKernels;

const constant = ({ wide }: Isa, x: number): Address => wide.literal(bitsOf(x, 'float64'));

/** norm = √(Σ squares), ascending from 0. Uses the vector after `norm`, and moves the pointer. */
function readNorm(isa: Isa, norm: Vector, squares: Pointer, blocks: Source<'counter'>): void {
  const { wide } = isa;
  wide.clear(norm);
  isa.repeatOrSkip(blocks, () => {
    wide.loadElement(norm + 1, isa.at(squares));
    wide.add(norm, norm, norm + 1);
    isa.skip(squares, DOUBLE);
  });
  wide.squareRoot(norm, norm);
}
